"""The pages of staff and admins have the same words in every language, and no unused ones."""

import re

import pytest

from services.edge.staff.pages import read_words
from services.edge.web.assets import STATIC
from services.edge.web.templates import FOLDER
from services.edge.web.words import languages

OTHERS = sorted(set(languages()) - {"en"})
GAP = re.compile(r"\{\w+\}")
STATES = {"CONFIRMED", "PREPARING", "READY", "COLLECTED", "CANCELED"}
"""Of these the scripts say the last part of a name of the contract."""


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_each_word_with_the_same_gaps_to_fill(language):
    english, other = read_words("en"), read_words(language)
    assert len(english) > 120
    assert list(english) == list(other)
    for word, text in english.items():
        assert set(GAP.findall(str(text))) == set(GAP.findall(str(other[word]))), word
    same = [word for word, text in english.items() if other[word] == text]
    assert len(same) < 12, same


def test_each_word_is_said_somewhere():
    sources = [*(STATIC / "staff").glob("*.js"), *(FOLDER / "staff").glob("*.html")]
    said = "\n".join(path.read_text() for path in sources)
    missing = [
        word for word in read_words("en") if not re.search(rf"[\"']{word}[\"']|{word}:", said)
    ]
    made = {word for word in missing if word.startswith(("act_", "tab_"))}
    assert set() == set(missing) - made - STATES
    assert {f"act_{kind}" for kind in re.findall(r'kind: "([a-z]\w+)"', said)} <= made
