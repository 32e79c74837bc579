"""The languages of the edge's words, and the one that a reader prefers."""

import re
from collections.abc import Iterable, Sequence

from babel import negotiate_locale

LANGUAGES = ["en", "fr", "fi", "de"]
MOST_TAGS = 20
_TAG = re.compile(
    r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=(0(?:\.\d*)?|1(?:\.0*)?)\s*)?"
)


def accepted(header: str) -> list[str]:
    """The language tags of an `Accept-Language` header, the most preferred first (RFC 9110)."""
    tags = [
        (float(match[2] or 1), match[1])
        for part in header[:500].split(",")[:MOST_TAGS]
        if (match := _TAG.fullmatch(part))
    ]
    return [tag for weight, tag in sorted(tags, key=lambda each: -each[0]) if weight]


def best(preferred: Iterable[str], languages: Sequence[str] = LANGUAGES) -> str:
    """The language for a reader who prefers these tags, in this order; English if we have none."""
    return negotiate_locale([tag for tag in preferred if tag], languages, sep="-") or LANGUAGES[0]
