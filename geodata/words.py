"""Words of goods in any spelling: folded, in singular or plural, or with a slip of the keyboard."""

import unicodedata

_LETTERS = str.maketrans({"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_ENDINGS = {
    "de": ("e", "en", "n", "er", "s"),
    "fi": ("t",),
    "fr": ("s", "x"),
}
"""Endings of plurals, by language; in others those of English."""
_ENGLISH = ("s",)
_HISSING = ("s", "x", "z", "ch", "sh", "o")
"""Ends of English words whose plural has `es`: `boxes`; but `tapes` are no `tap`."""
SHORTEST_STEM = 3
SHORTEST_WITH_SLIP = 5
"""Shorter words are often each other's slips: `bear` and `beer`."""
SHORTEST_WITH_CHANGE = 8
"""A changed, added or lost letter is a slip in words this long only: `pears` are no `peas`."""


def folded(text: str) -> list[str]:
    """The words of a text, without case, accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = (c for c in decomposed if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in kept).split()


def same_but_for_number(one: str, other: str, language: str = "") -> bool:
    """True for the singular and the plural of a word, both folded, in a language (BCP 47).

    Two endings of one stem are often two words, as `Schrauber` and `Schrauben`; in English they are
    one, as `tomatos`.
    """
    if _endings(language) is _ENGLISH:
        return not forms(one).isdisjoint(forms(other))
    return one in forms(other, language) or other in forms(one, language)


def forms(word: str, language: str = "") -> set[str]:
    """A word, and what it is without each ending of a plural."""
    endings = _endings(language)
    found = {word}
    for ending in () if word.endswith("ss") else endings:  # `brass` is no `bras`
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            found.add(word[: -len(ending)])
    if endings is _ENGLISH:
        if word.endswith("ies") and len(word) > SHORTEST_STEM + 2:
            found.add(f"{word[:-3]}y")
        if word.endswith("es") and len(word) >= SHORTEST_STEM + 2 and word[:-2].endswith(_HISSING):
            found.add(word[:-2])
    return found


def _endings(language: str) -> tuple[str, ...]:
    return _ENDINGS.get(language.partition("-")[0].lower(), _ENGLISH)


def is_one_change(one: str, other: str) -> bool:
    """True if one letter added, lost or changed, or two swapped neighbours, make the other word."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1]
    return one[at + 1 :] == other[at + 1 :] or (swapped and one[at + 2 :] == other[at + 2 :])


def is_slip(one: str, other: str) -> bool:
    """True if two words are the same, written with one slip that hardly makes another word.

    That is a letter once in place of twice, two swapped neighbours, or in a long word any change
    within it: another first or last letter is often another word (`trainers`, `strainers`).
    """
    if not is_one_change(one, other) or min(len(one), len(other)) < SHORTEST_WITH_SLIP:
        return False
    if sorted(one) == sorted(other) or _undoubled(one) == _undoubled(other):
        return True
    is_within = one[0] == other[0] and one[-1] == other[-1]
    return is_within and max(len(one), len(other)) >= SHORTEST_WITH_CHANGE


def _undoubled(word: str) -> str:
    return "".join(c for before, c in zip(f" {word}", word, strict=False) if c != before)
