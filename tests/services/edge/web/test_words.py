"""The page has the same words in every language, and no unused ones."""

import re

import pytest
from babel import Locale

from services.edge.languages import LANGUAGES
from services.edge.web.templates import FOLDER
from services.edge.web.words import languages, words_of

SOURCES = [path for path in FOLDER.parent.rglob("*") if path.suffix in {".js", ".html", ".py"}]
OTHERS = sorted(set(languages()) - {"en"})
GAP = re.compile(r"\{\w+\}")


def gaps(text: str | dict[str, str]) -> set[str]:
    return set(GAP.findall(str(text)))


def test_the_page_speaks_all_languages_that_the_server_negotiates():
    assert set(LANGUAGES) <= set(languages())


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_each_word_with_the_same_gaps_to_fill(language):
    english, other = words_of("en"), words_of(language)
    assert len(english.words) > 90
    assert list(english.words) == list(other.words)
    assert {word: gaps(text) for word, text in english.words.items()} == {
        word: gaps(text) for word, text in other.words.items()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_the_plural_forms_of_its_numbers(language):
    forms = set(Locale.parse(language).plural_form.tags) | {"other"}
    for word, text in words_of(language).words.items():
        if isinstance(text, dict):
            assert forms - {"many"} == set(text) - {"many"}, word


@pytest.mark.parametrize("language", OTHERS)
def test_kinds_of_stores_have_a_name_in_each_language(language):
    english, other = words_of("en"), words_of(language)
    assert len(english.kinds) > 60
    assert list(english.kinds) == list(other.kinds)
    assert [] == [kind for kind, name in other.kinds.items() if not name.strip()]


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_translated(language):
    english, other = words_of("en"), words_of(language)
    same = [word for word, text in english.words.items() if other.words[word] == text]
    assert len(same) < 12, same


def test_each_word_is_said_somewhere():
    said = "\n".join(path.read_text() for path in SOURCES)
    missing = [word for word in words_of("en").words if not re.search(rf'"{word}"|{word}:', said)]
    # Of these the code says the last part of a name of the contract.
    states = {"IN_STOCK", "LIMITED", "OUT_OF_STOCK", "UNKNOWN", "NOT_ENOUGH"}
    assert set() == set(missing) - states


def test_gaps_are_filled_and_a_number_chooses_its_form():
    english = words_of("en")
    assert "Stores near {x} & co" == english.say("near", place="{x} & co")
    assert english.say("resets", n=1) != english.say("resets", n=2).replace("2", "1")
    assert "Bakery" == english.kind("bakery")
    assert "Ice cream" == english.kind("ice_cream")
