"""Search for towns, postcodes and landmarks by the text that people type.

The tables are in `data/`, one per licence, with `ATTRIBUTION.md`; `build.py` makes them.
"""

from geodata.gazetteer.countries import country_code
from geodata.gazetteer.folding import fold
from geodata.gazetteer.place import Box, Place, PlaceNotFound
from geodata.gazetteer.places import Gazetteer
from geodata.gazetteer.table import PlaceKind

__all__ = ["Box", "Gazetteer", "Place", "PlaceKind", "PlaceNotFound", "country_code", "fold"]
