"""Towns, postcodes and landmarks with coordinates, found by what people type.

The data lie in `data/`, one table per licence, with `ATTRIBUTION.md`; `build.py` made them.
"""

from geodata.gazetteer.countries import country_code
from geodata.gazetteer.folding import fold
from geodata.gazetteer.place import Box, Place, PlaceNotFound
from geodata.gazetteer.places import Gazetteer
from geodata.gazetteer.table import PlaceKind

__all__ = ["Box", "Gazetteer", "Place", "PlaceKind", "PlaceNotFound", "country_code", "fold"]
