"""Understands what people type into one search field: shop, kind, place, time, and the rest."""

from geodata.questions.kinds import KINDS, Kind, kinds_beginning
from geodata.questions.parsing import PlaceFound, Shops, Understood, understand

__all__ = ["KINDS", "Kind", "PlaceFound", "Shops", "Understood", "kinds_beginning", "understand"]
