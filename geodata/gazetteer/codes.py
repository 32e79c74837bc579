"""Finds a postcode by the part of it that the tables have, and tells how far off that may be.

| country | what a code is found by | precision |
|---|---|---|
| BE, FR, US | the whole code | a municipality or a ZIP code area |
| CA | the first three characters (forward sortation area) | a quarter, or a rural region |
| DE, NL | the code's largest town; of a Dutch code the four digits | a town |
| GB | the letters at the beginning (postcode area) | a county: tens of kilometres |
"""

import re

COARSE_M = {"CA": 25_000.0, "DE": 20_000.0, "NL": 20_000.0, "GB": 60_000.0}
"""Within this distance of the point of their postcode lie 98 of 100 shops that tell theirs."""
TOWN_ONLY = frozenset(("DE", "NL", "GB"))
"""Countries whose codes prove nothing about the coordinates of a shop."""
_PARTS = (
    ("CA", re.compile(r"([A-Z]\d[A-Z])\d[A-Z]\d")),
    ("NL", re.compile(r"(\d{4})[A-Z]{2}")),
    ("GB", re.compile(r"([A-Z]{1,2})\d[A-Z\d]?(?:\d[A-Z]{2})")),
)
AREA = "{} postcode area"
"""The name of a British area: its letters alone are words of other languages."""


def parts_of(code: str) -> list[tuple[str, str]]:
    """Country and name in the tables of the part by which a whole code without spaces is found."""
    found = []
    for country, whole in _PARTS:
        if match := whole.fullmatch(code.upper()):
            found.append((country, AREA.format(match[1]) if country == "GB" else match[1]))
    return found
