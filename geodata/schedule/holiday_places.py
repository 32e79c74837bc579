"""Which subdivision's holidays an address has, where the address does not name it."""

_FRENCH = {
    **dict.fromkeys(("57", "67", "68"), "Alsace-Moselle"),
    "97133": "BL",
    "97150": "MF",
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
"""By the beginning of a postcode, longer ones first: the départements that keep the local law of
Alsace and Moselle (code du travail L3134-13), and overseas France (L3422-2)."""


def holiday_subdivision(region_code: str, postal_code: str, administrative_area: str) -> str:
    """The subdivision of an address as `holidays` may know it; empty has the national ones."""
    if region_code == "FR":
        for beginning, subdivision in _FRENCH.items():
            if postal_code.startswith(beginning):
                return subdivision
    return administrative_area
