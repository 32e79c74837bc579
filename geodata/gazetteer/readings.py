"""Splits a place text into its possible readings, most likely first."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from geodata.gazetteer.countries import country_code

POSTCODE = re.compile(r"(?=.*\d)[0-9a-z][0-9a-z-]{2,9}", re.IGNORECASE)
MAX_WORDS = 12
"""A longer text is no place name; the number of readings grows with the words."""


class Reading(NamedTuple):
    """A name and its qualifiers: a country, a state, or a town around it."""

    name: str
    within: tuple[str, ...] = ()


def readings(text: str) -> Iterator[Reading]:
    """All readings of `Paris`, `Paris, TX`, `Lyon 69003`, `12 rue X, 69003 Lyon, France`..."""
    parts = [part for part in (part.strip() for part in text.split(",")) if part]
    if not parts or len(text.split()) > MAX_WORDS:
        return
    # A postcode is more exact than its town.
    yield from _postcodes(parts)
    yield Reading(parts[0], tuple(parts[1:]))
    yield from _without_comma(parts)
    for index, part in enumerate(parts):
        town = " ".join(word for word in part.split() if not POSTCODE.fullmatch(word))
        # A later part is the place only if an earlier part is a street with a number.
        is_street_before = any(re.search(r"\d", before) for before in parts[:index])
        is_country = len(town) <= 3 and bool(country_code(town))  # not the town Uk in Russia
        if town and not is_country and (town != part or is_street_before):
            yield Reading(town, tuple(parts[index + 1 :]))


def whole_readings(text: str) -> Iterator[Reading]:
    """Those readings of a text in which each word counts, most likely first."""
    parts = [part for part in (part.strip() for part in text.split(",")) if part]
    if not parts or len(text.split()) > MAX_WORDS:
        return
    if len(parts) == 1:
        yield from _postcodes(parts)
    yield Reading(parts[0], tuple(parts[1:]))
    yield from _without_comma(parts)


def _postcodes(parts: list[str]) -> Iterator[Reading]:
    for index, part in enumerate(parts):
        words = part.split()
        for size in (2, 1):
            for start in range(len(words) - size + 1):
                code = "".join(words[start : start + size])
                rest = " ".join(words[:start] + words[start + size :])
                if POSTCODE.fullmatch(code) and not (index == 0 and not rest and size == 1):
                    around = (rest,) if rest else tuple(parts[max(index - 1, 0) : index])
                    yield Reading(code, around + tuple(parts[index + 1 :]))


def _without_comma(parts: list[str]) -> Iterator[Reading]:
    words = parts[0].split()
    for size in range(1, min(4, len(words))):
        yield Reading(" ".join(words[:-size]), (" ".join(words[-size:]), *parts[1:]))
