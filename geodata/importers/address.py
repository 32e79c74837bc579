"""Makes a postal address from the address fields of a row."""

from collections.abc import Mapping

from babel.core import get_global
from tzfpy import get_tz

from geodata.gazetteer import country_code
from geodata.importers.record import words
from geodata.points import Point
from geodata.stores import Address

# Countries in which the house number follows the street.
_NUMBER_LAST = words(
    """
    AR AT AX BA BE BG BO BR CH CL CO CR CZ DE DK EC EE ES FI FO GL GR HR HU IS IT LI LT LV MD ME
    MK MX NL NO PE PL PT PY RO RS RU SE SI SK SM TR UA UY VA
    """
)


def region_code(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country, given by code or name; empty if unknown."""
    return country_code(text) or ""


def region_code_at(point: Point) -> str:
    """The country of a point, from its time zone; empty at sea.

    Time zones end at borders; the error of tzfpy's simplified borders is up to a few kilometres.
    """
    code = str(get_global("zone_territories").get(get_tz(point.longitude, point.latitude), ""))
    return "" if code == "ZZ" else code


def address(fields: Mapping[str, str], country: str, code: str) -> Address:
    """The address of a row.

    Args:
        fields: the row's values by name in `record.FIELDS`.
        country: ISO 3166-1 alpha-2, or empty.
        code: the postcode.
    """
    number, street = fields.get("housenumber", ""), fields.get("street", "")
    parts = (street, number) if country in _NUMBER_LAST else (number, street)
    first = " ".join(filter(None, parts))
    line = first if street else fields.get("address", "") or first
    lines = (line, fields.get("address2", ""), fields.get("unit", ""))
    return Address(
        region_code=country,
        postal_code=code,
        administrative_area=fields.get("state", ""),
        locality=fields.get("city", ""),
        lines=tuple(filter(None, lines)),
    )
