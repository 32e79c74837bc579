"""Finds the ISO code of a country from the names and codes that people and files use."""

import re
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from geodata.gazetteer.folding import fold

_LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt", "fi", "sv")
_SHORT = {b"uk": "GB", b"england": "GB", b"scotland": "GB", b"wales": "GB", b"holland": "NL"}


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country, given by code or by name in a main language.

    Examples: `fr`, `FRA`, `France`, `Etats-Unis`, `U.S.A.`; None for any other text.
    """
    if len(text) > 60:
        return None
    return _codes().get(fold(text))


@lru_cache(maxsize=1)
def _codes() -> dict[bytes, str]:
    codes: dict[bytes, str] = {}
    alpha2: set[str] = set()
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if re.fullmatch("[A-Z]{2}", code) and code not in _NOT_COUNTRIES:
                codes.setdefault(fold(name), code)
                alpha2.add(code)
    # CLDR lists three-letter codes as aliases of two-letter codes.
    for alias, targets in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", alias) and len(targets) == 1 and targets[0] in alpha2:
            codes[fold(alias)] = targets[0]
    codes |= {fold(code): code for code in alpha2}
    return codes | _SHORT


_NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
