"""The words of the web pages: one file a language, which the page's script reads too."""

import json
import re
from functools import cache
from typing import Any, NamedTuple

from babel import Locale

from services.edge.web.assets import STATIC

FOLDER = STATIC / "words"
DEFAULT = "en"
_GAP = re.compile(r"\{(\w+)\}")


class Words(NamedTuple):
    """The words of one language."""

    tag: str
    """Its BCP 47 tag."""
    language: str
    """Its own name: `Suomi`."""
    words: dict[str, str | dict[str, str]]
    """Texts with gaps such as `{n}`; or a text for each plural form of `n`."""
    kinds: dict[str, str]
    """Names of kinds of stores, by the last part of their attribute."""

    def say(self, word: str, **values: Any) -> str:
        """A text with its gaps filled; `n` decides on the plural form."""
        found = self.words[word]
        if not isinstance(found, str):
            form = str(Locale.parse(self.tag).plural_form(values["n"]))
            found = found.get(form) or found["other"]
        return _GAP.sub(lambda gap: str(values[gap[1]]), found)

    def kind(self, kind: str) -> str:
        """The name of a kind of stores; of an unknown kind, the kind itself as a word."""
        return self.kinds.get(kind) or re.sub(r"[._]", " ", kind[:1].upper() + kind[1:])


@cache
def languages() -> dict[str, str]:
    """The own names of all languages, by tag."""
    return {
        tag: words_of(tag).language for tag in sorted(path.stem for path in FOLDER.glob("*.json"))
    }


@cache
def words_of(tag: str) -> Words:
    """The words of one of `languages`."""
    return Words(tag=tag, **json.loads((FOLDER / f"{tag}.json").read_text()))
