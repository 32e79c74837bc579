"""The kinds of a store, as its page and its data for search engines tell them."""

import re
from collections.abc import Iterable

KIND = re.compile(r"osm\.(?:shop|amenity|craft|office|tourism|leisure|healthcare)\.(.+)")
"""Attributes that are kinds of stores; the last part names the kind, as in the page's script."""


def kinds_of(attributes: Iterable[str]) -> list[str]:
    """The kinds of a store in the order of its attributes, each once: `bakery`, `cafe`."""
    found = (KIND.fullmatch(attribute) for attribute in attributes)
    return list(dict.fromkeys(match[1] for match in found if match and match[1] != "yes"))
