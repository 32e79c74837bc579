"""The page has the same words in every language, and no unused ones."""

import json
import re

import pytest

from services.edge.languages import LANGUAGES
from services.edge.web.assets import STATIC

WORDS = {path.stem: path.read_text() for path in (STATIC / "words").glob("??.js")}
SOURCES = [path for path in STATIC.rglob("*") if path.suffix in {".js", ".html"}]
ENTRY = re.compile(r"(\w+): (\"[^\"]*\"|\{[^}]*\})(?:,|$)", re.M)


def entries(language: str) -> dict[str, str]:
    return dict(ENTRY.findall(WORDS[language]))


def test_the_page_speaks_as_many_languages_as_the_server_negotiates():
    assert set(LANGUAGES) == set(WORDS)


@pytest.mark.parametrize("language", ["fr", "fi", "de"])
def test_each_language_has_each_word_with_the_same_gaps_to_fill(language):
    english, other = entries("en"), entries(language)
    assert len(english) > 90
    assert list(english) == list(other)
    gaps = re.compile(r"\{\w+\}")
    for word, text in english.items():
        assert set(gaps.findall(text)) == set(gaps.findall(other[word])), word


def test_each_word_is_said_somewhere():
    said = "\n".join(path.read_text() for path in SOURCES if path.parent.name != "words")
    missing = [word for word in entries("en") if not re.search(rf'"{word}"|{word}:', said)]
    # Of these the code says the last part of a name of the contract.
    states = {"IN_STOCK", "LIMITED", "OUT_OF_STOCK", "UNKNOWN", "NOT_ENOUGH"}
    assert set() == set(missing) - states


def test_kinds_of_stores_have_a_name_in_each_language():
    text = (STATIC / "words" / "trades.js").read_text()
    [languages] = map(json.loads, re.findall(r"LANGUAGES = (\[.*\])", text))
    names = {kind: json.loads(row) for kind, row in re.findall(r"^  (\w+): (\[.*\]),$", text, re.M)}
    assert set(LANGUAGES) == set(languages)
    assert len(names) > 60
    assert {len(languages)} == {len(row) for row in names.values()}
