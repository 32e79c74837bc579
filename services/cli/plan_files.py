"""Reads a floor plan or placements from a file in any supported format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geodata.importers.columns import normal
from geodata.importers.indoor.geojson import plan_from_geojson
from geodata.importers.indoor.imdf import plan_from_imdf, read_imdf
from geodata.importers.indoor.japan import plan_from_japanese
from geodata.importers.indoor.osm import plan_from_osm
from geodata.importers.indoor.result import ImportedPlan, read_json
from geodata.importers.indoor.tables import (
    ImportedPlacements,
    aisles_from_table,
    placements_from_table,
)
from geodata.importers.tables import open_table

TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".xlsx", ".xls", ".xlsb", ".ods")


def read(
    path: Path,
    store: str,
    levels: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> ImportedPlan | ImportedPlacements:
    """Reads IMDF, this project's GeoJSON, OSM GeoJSON, the Japanese indoor format, or a table.

    Args:
        path: A zip is IMDF; a table with a column `sku` has placements, any other has aisles.
        store: The resource name of the plan's store.
        levels: For OSM, the level of a feature by its id; replaces the level in its tags.

        columns: For a table, the field of a column by its name.

    Raises:
        ImporterError: the file cannot be read.
    """
    if path.name.endswith(".zip"):
        return plan_from_imdf(read_imdf(path), store)
    if path.name.lower().endswith(TABLES):
        if _has_sku(path, columns or {}):
            return placements_from_table(path, columns)
        return aisles_from_table(path, store, columns=columns)
    document = read_json(path)
    if isinstance(document, dict) and "floor_plan" in document:
        return plan_from_geojson(document)
    if _is_japanese(document):
        return plan_from_japanese(document, store)
    return plan_from_osm(document, store, levels=levels)


def _has_sku(path: Path, columns: Mapping[str, str]) -> bool:
    return "sku" in columns.values() or "sku" in map(normal, open_table(path).header)


def _is_japanese(document: Any) -> bool:
    return isinstance(document, dict) and ("layers" in document or "Floor" in document)
