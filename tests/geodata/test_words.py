"""Forms and slips of words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.words import folded, is_one_change, is_slip, same_but_for_number


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rain jacket, black, M", ["rain", "jacket", "black", "m"]),
        ("Œufs frais", ["oeufs", "frais"]),
        ("Gießkanne", ["giesskanne"]),
        ("Särkylääke", ["sarkylaake"]),
        ("T-shirt", ["t", "shirt"]),
        ("…", []),
    ],
)
def test_words_are_folded(text, words):
    assert words == folded(text)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("tomato", "tomatoes", ""),
        ("tomatos", "tomatoes", ""),
        ("berry", "berries", ""),
        ("peruna", "perunat", "fi"),
        ("pomme", "pommes", "fr"),
        ("kartoffel", "kartoffeln", "de-AT"),
        ("box", "boxes", ""),
        ("glass", "glasses", "en"),
        ("dish", "dishes", ""),
        ("kraut", "krauter", "de"),
        ("schraube", "schrauben", "de"),
        ("gateau", "gateaux", "fr"),
    ],
)
def test_the_number_of_a_word_does_not_matter(one, other, language):
    assert same_but_for_number(one, other, language)
    assert same_but_for_number(other, one, language)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("ham", "hat", ""),
        ("pea", "pear", ""),
        ("car", "cart", ""),
        ("bean", "beans x", ""),
        ("tap", "tapes", ""),
        ("taps", "tapes", ""),
        ("kits", "kites", ""),
        ("tubs", "tubes", "en"),
        ("bras", "brass", ""),
        ("schrauber", "schrauben", "de"),
        ("spieler", "spiele", "de"),
    ],
)
def test_other_words_are_other_words(one, other, language):
    assert not same_but_for_number(one, other, language)
    assert not same_but_for_number(other, one, language)


@pytest.mark.parametrize(
    ("written", "word", "slip"),
    [
        ("buter", "butter", True),
        ("strawbery", "strawberry", True),
        ("yogrut", "yogurt", True),
        ("screwdrlver", "screwdriver", True),
        ("pears", "peas", False),
        ("beet", "beer", False),
        ("melon", "lemon", False),
        ("grater", "grapes", False),
        ("trainers", "strainers", False),
        ("schrauber", "schrauben", False),
        ("bohrmaschine", "bohrmachine", True),
    ],
)
def test_a_slip_is_one_that_hardly_makes_another_word(written, word, slip):
    assert slip == is_slip(written, word)


def changes(one: str, other: str) -> int:
    """The distance in changes, two swapped neighbours as one, by recursion."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return changes(one[1:], other[1:])
    ways = [changes(one[1:], other), changes(one, other[1:]), changes(one[1:], other[1:])]
    if one[:2] == other[:2][::-1]:
        ways.append(changes(one[2:], other[2:]))
    return 1 + min(ways)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_one_change_is_a_distance_of_one(one, other):
    assert is_one_change(one, other) == (changes(one, other) == 1)
