"""Recognises the programs whose exports have known columns; `columns` reads their names."""

from collections.abc import Sequence
from typing import NamedTuple

from geodata.importers.columns import normal


class Preset(NamedTuple):
    """The columns of an export."""

    program: str
    columns: frozenset[str]
    """Columns in normal form that all its files have, and other files have not together."""
    page: str
    """The published page with the columns; empty if they are not verified."""


PRESETS = (
    Preset(
        "Google Business Profile",
        frozenset(("store_code", "business_name", "address_line_1", "primary_category")),
        "support.google.com/business/answer/3370250",
    ),
    Preset(
        "WP Store Locator",
        frozenset(("wpsl_id", "name", "address", "city", "country_iso")),
        "wpstorelocator.co/document/csv-manager",
    ),
    Preset(
        "Agile Store Locator",
        frozenset(("title", "street", "city", "lat", "lng", "open_hours", "marker_id")),
        "agilestorelocator.com/wiki/can-import-stores-using-excel-sheet",
    ),
    Preset(
        "Apple Business Connect",
        frozenset(("partners_location_id", "display_name", "full_address")),
        "",
    ),
    Preset("Yext", frozenset(("entity_id", "name", "address_line1", "city", "region")), ""),
    Preset(
        "Uberall",
        frozenset(("identifier", "name", "street_and_number", "zip")),
        "uberall.helpjuice.com/locations-addormodify/1057716",
    ),
    Preset("Facebook", frozenset(("store_number", "location_descriptor", "address", "city")), ""),
)


def preset_of(header: Sequence[str]) -> str:
    """The program whose export has these columns; empty if none is known.

    It says so if no published page proves the columns.
    """
    names = frozenset(map(normal, header))
    found = next((preset for preset in PRESETS if preset.columns <= names), None)
    if found is None:
        return ""
    return found.program if found.page else f"{found.program} (not verified: check each column)"
