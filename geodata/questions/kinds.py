"""Kinds of stores and the words for them: one file of words per language, in `words/`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from geodata.words import folded

_FOLDER = Path(__file__).parent
_GOODS = "~"
SHORTEST_TYPED = 3

Phrase = tuple[str, ...]
"""Folded words in a row."""


class Kind(NamedTuple):
    """A kind of stores."""

    id: str
    attributes: tuple[str, ...]
    """A store of this kind has one of them."""


class Meaning(NamedTuple):
    """A kind that a phrase means."""

    kind: Kind
    is_goods: bool
    """True for goods alone: `shoes` is a kind of shop, `running shoes` a product."""
    language: str


class Words(NamedTuple):
    """The phrases of all languages, for the languages are mixed in what people type."""

    kinds: Mapping[Phrase, Meaning]
    open_now: frozenset[Phrase]
    near_me: frozenset[Phrase]
    near: frozenset[Phrase]
    """They stand before a place: `near`, `bei`, `in`."""
    beside: frozenset[Phrase]
    """Those of them that may stand before a shop that is a place: `near`, but no `at`."""
    near_after: frozenset[Phrase]
    """They stand after a place: `lähellä`."""
    noise: frozenset[str]
    """Words that mean nothing alone: `the`, `where`."""


def _read(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


KINDS: Mapping[str, Kind] = {
    id: Kind(id, tuple(attributes)) for id, attributes in _read(_FOLDER / "kinds.json").items()
}
"""All kinds by id."""
_FILES = {path.stem: _read(path) for path in sorted((_FOLDER / "words").glob("*.json"))}
LANGUAGES = tuple(_FILES)


def kinds_beginning(text: str) -> list[Kind]:
    """The kinds with a phrase that begins with a text of three letters or more, shortest first."""
    typed = " ".join(folded(text))
    if len(typed) < SHORTEST_TYPED:
        return []
    found = [
        (len(whole), meaning.kind)
        for phrase, meaning in WORDS.kinds.items()
        if (whole := " ".join(phrase)).startswith(typed)
    ]
    return list(dict.fromkeys(kind for _, kind in sorted(found)))


def _kind_phrases() -> Iterator[tuple[Phrase, Meaning]]:
    for language, words in _FILES.items():
        for id, texts in words["kinds"].items():
            for text in texts:
                meaning = Meaning(KINDS[id], text.startswith(_GOODS), language)
                yield tuple(folded(text)), meaning


def _phrases(name: str) -> frozenset[Phrase]:
    return frozenset(tuple(folded(text)) for words in _FILES.values() for text in words[name])


WORDS = Words(
    # Where one language's goods are another's kind, the kind counts.
    kinds=dict(sorted(_kind_phrases(), key=lambda each: not each[1].is_goods)),
    open_now=_phrases("open_now"),
    near_me=_phrases("near_me"),
    near=_phrases("near") | _phrases("at"),
    beside=_phrases("near"),
    near_after=_phrases("near_after"),
    noise=frozenset(word for phrase in _phrases("noise") for word in phrase),
)
LONGEST = max(map(len, [*WORDS.kinds, *WORDS.open_now, *WORDS.near_me, *WORDS.near]))
"""Words of the longest phrase."""
