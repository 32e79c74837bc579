"""Small files of stores, one in each format that is imported."""

import gzip
import json
import tempfile
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

CSV = (
    'id,name,lat,lon,postcode,country,opening_hours,phone\n1,"A, b",48.85,2.35,75001,FR,'
    "Mo-Fr 08:00-20:00,01\n2,Épicerie,4885000,235000,,US,24/7,\n"
).encode()

FUEL = (
    b"id,lat,lon,postcode,road_type,address,city,mon,tue,wed,thu,fri,sat,sun,services,closed_since\n"
    b"1,46.2,5.2,01000,R,x,y,06.30-20.00,closed,,,,,,Wifi|Bar,\n"
)

XML = (
    b'<pdv_liste><pdv id="1" latitude="4618800" longitude="524500" cp="01000" pop="R">'
    b"<adresse>x</adresse><ville>y</ville><horaires><jour id='1'>"
    b"<horaire ouverture='06.30' fermeture='20.00'/></jour></horaires></pdv></pdv_liste>"
)

FEATURE = {
    "type": "Feature",
    "properties": {"@id": "way/1", "name": "A", "shop": "yes", "addr:city": "Lyon"},
    "geometry": {"type": "Polygon", "coordinates": [[[4, 45], [5, 45], [5, 46], [4, 45]]]},
}

GEOJSON = json.dumps({"type": "FeatureCollection", "features": [FEATURE, FEATURE]}).encode()

LINES = b"\n".join([json.dumps(FEATURE).encode()] * 2)

JSONLD = json.dumps(
    {
        "@type": "Store",
        "branchCode": "1",
        "name": "A",
        "address": {"addressLocality": "Lyon"},
        "geo": {"latitude": 45.7, "longitude": 4.8},
        "openingHoursSpecification": [
            {"dayOfWeek": "Monday", "opens": "08:00", "closes": "20:00"},
            {"validFrom": "2026-12-25", "validThrough": "2026-12-25"},
        ],
    }
).encode()


def extract() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.osm.pbf"
        with osmium.SimpleWriter(path) as writer:
            for i in range(1, 60):
                tags = {"name": f"Shop {i}", "shop": "yes"}
                writer.add_node(Node(id=i, location=(24 + i / 100, 60), tags=tags))
            writer.add_way(Way(id=9, nodes=[1, 2, 3, 1], tags={"name": "W", "shop": "mall"}))
        return path.read_bytes()


SEEDS = {
    "csv": CSV,
    "fuel": FUEL,
    "fuel-xml": XML,
    "geojson": GEOJSON,
    "lines": LINES,
    "jsonld": JSONLD,
    "gzip": gzip.compress(CSV * 20),
}
