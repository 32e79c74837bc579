"""Judges postcodes that a spreadsheet has changed: a lost leading zero, a decimal point."""

import re
from collections.abc import Callable
from typing import NamedTuple

_DIGITS = {
    "AU": (4, 1),
    "DE": (5, 1),
    "DZ": (5, 1),
    "ES": (5, 1),
    "FI": (5, 2),
    "FR": (5, 1),
    "GF": (5, 0),
    "IT": (5, 2),
    "JP": (7, 1),
    "KR": (5, 1),
    "LK": (5, 1),
    "MX": (5, 1),
    "MY": (5, 1),
    "NO": (4, 2),
    "NZ": (4, 1),
    "PR": (5, 2),
    "RO": (6, 1),
    "SA": (5, 0),
    "TR": (5, 1),
    "UA": (5, 1),
    "US": (5, 2),
    "VI": (5, 2),
}
"""Countries whose postcodes are digits, some with a zero first: the length, and the most zeros."""
_PLUS_FOUR = ("US", "PR", "VI")
_SHORT_PLUS_FOUR = re.compile(r"(\d{3,4})-(\d{4})")
_DECIMAL = re.compile(r"(\d+)[.,]0+")


class Judged(NamedTuple):
    """A postcode as it is kept, and why it is not as given."""

    code: str
    note: str = ""
    repaired: bool = True


def full_length(code: str, country: str) -> str:
    """The postcode with the zeros that a spreadsheet dropped; any other postcode as it is."""
    length, most = _DIGITS.get(country, (0, 0))
    missing = length - len(code)
    return code.zfill(length) if code.isdigit() and 0 < missing <= most else code


def judged(text: str, country: str, is_near: Callable[[str], bool | None]) -> Judged:
    """The postcode of a row.

    Args:
        text: as given.
        country: ISO 3166-1 alpha-2, given or found from the location; empty if unknown.
        is_near: True if a postcode lies near the row's location, False if it does not, None if
            that is not known.
    """
    number = _DECIMAL.fullmatch(text)
    code = number[1] if number else text
    if country in _PLUS_FOUR and code.isdigit() and len(code) in (7, 8):
        return _zip_plus_four(text, code, is_near)
    if country in _PLUS_FOUR and (parts := _SHORT_PLUS_FOUR.fullmatch(code)):
        first = judged(parts[1], country, is_near)
        if first.note and not first.repaired:
            return Judged(text, first.note, repaired=False)
        return Judged(f"{first.code}-{parts[2]}", f"{text}: restored a lost leading zero")
    full = full_length(code, country)
    if full != code:
        if is_near(full) is False:
            return Judged(text, f"{text}: no postcode of {country} near the location", False)
        return Judged(full, f"{text}: restored a lost leading zero")
    return Judged(code, f"{text}: removed the decimals of a number" if number else "")


def _zip_plus_four(text: str, code: str, is_near: Callable[[str], bool | None]) -> Judged:
    """A ZIP+4 code with a digit too few: the lost zero is its first, or the first after the ZIP."""
    first, last = code.zfill(9), code[:5]
    is_first, is_last = is_near(first), is_near(last)
    if is_first and not is_last:
        return Judged(first, f"{text}: restored a lost leading zero")
    if is_last and not is_first and len(code) > 5:
        return Judged(last, f"{text}: kept the ZIP code; its last four digits lost a zero")
    return Judged(text, f"{text}: could be {first} or {last}, kept as given", False)
