"""Makes store ids from the original ids of a source.

A store id is `<source>-<slug>`. The slug is the original id in lower case and without accents;
each run of characters other than `a-z 0-9 . _ -` becomes one `~`. A source has no hyphen, so ids
of two sources are never equal. If different ids of one source have the same slug (`A:1` and
`a/1`), the first in alphabetical order keeps it, and the others get `~` and eight hex digits of
their SHA-256. So an id depends on the set of ids, not on their order in the file.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from geodata.importers.report import ImporterError

_SOURCE = re.compile(r"[a-z0-9][a-z0-9._~]{0,49}")
_MAX_SLUG = 70


def checked_source(source: str) -> str:
    """The source in lower case.

    Raises:
        ImporterError: it is not a valid prefix of a store id.
    """
    lower = source.strip().lower()
    if not _SOURCE.fullmatch(lower):
        raise ImporterError(
            f"source {source!r} must be 1 to 50 of the characters a-z, 0-9, '.', '_' and '~'; "
            f"for example {source_of(source)!r}"
        )
    return lower


def source_of(name: str) -> str:
    """A valid source made from the name in a file."""
    return re.sub(r"[^a-z0-9._]+", "_", _plain(name)).strip("_.")[:50] or "import"


def store_ids(source: str, originals: Iterable[str]) -> dict[str, str]:
    """The store id of each original id; all are distinct."""
    by_slug: dict[str, list[str]] = {}
    for original in sorted(set(originals)):
        by_slug.setdefault(_slug(original), []).append(original)
    plain = {same.pop(0): slug for slug, same in by_slug.items() if slug}
    taken = set(plain.values())
    for slug, same in by_slug.items():
        for original in same:
            marked = _marked(slug, original)
            # An original id may look like a marked slug: then use the whole digest.
            plain[original] = marked if marked not in taken else _marked(slug, original, 64)
            taken.add(marked)
    return {original: f"{source}-{slug}" for original, slug in plain.items()}


def _slug(original: str) -> str:
    slug = re.sub(r"[^a-z0-9._-]+", "~", _plain(original)).strip("~")
    return slug if len(slug) <= _MAX_SLUG else _marked(slug, original)


def _marked(slug: str, original: str, digits: int = 8) -> str:
    digest = hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    return f"{slug[:_MAX_SLUG]}~{digest}" if slug else digest


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
