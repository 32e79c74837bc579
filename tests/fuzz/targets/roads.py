"""Extracts of OpenStreetMap as roads, and the networks made of them."""

import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from geodata.roads import BadNetwork, Mode, RoadNetwork, file
from geodata.roads.build import build
from tests.fuzz.target import file_of, target

EXTRACT = b"""<?xml version="1.0"?><osm version="0.6">
<bounds minlat="60.1" minlon="24.9" maxlat="60.2" maxlon="25.0"/>
<node id="1" lat="60.1700" lon="24.940"/><node id="2" lat="60.1700" lon="24.942">
<tag k="highway" v="traffic_signals"/></node><node id="3" lat="60.1710" lon="24.942"/>
<node id="4" lat="60.1710" lon="24.940"><tag k="barrier" v="bollard"/></node>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="oneway" v="yes"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><tag k="highway" v="steps"/><tag k="maxspeed" v="30"/></way>
<way id="3"><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="highway" v="residential"/>
<tag k="access" v="destination"/></way>
<way id="4"><nd ref="2"/><nd ref="4"/><tag k="route" v="ferry"/><tag k="duration" v="00:10"/></way>
<relation id="1"><member type="way" ref="1" role="from"/><member type="node" ref="2" role="via"/>
<member type="way" ref="2" role="to"/><tag k="type" v="restriction"/>
<tag k="restriction" v="no_left_turn"/></relation></osm>"""
SPOT = np.array([60.1702]), np.array([24.941])


def extract_seeds() -> list[bytes]:
    """A town of four junctions, with what the reader knows."""
    return [EXTRACT]


@target(extract_seeds, BadNetwork)
def road_extracts(data: bytes) -> None:
    """An extract makes a network that loads and answers, or is refused."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "town.roads"
        build(file_of(data, "town.osm"), path)
        answers(RoadNetwork.load(path))


@cache
def body() -> bytes:
    """A network without its checksum."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "town.roads"
        build(file_of(EXTRACT, "town.osm"), path)
        return path.read_bytes().split(b"\n", 2)[2]


def network_seeds() -> list[bytes]:
    """The body of a network."""
    return [body()]


@target(network_seeds, BadNetwork)
def road_networks(data: bytes) -> None:
    """A network answers or is refused, also behind a right checksum; never behind a wrong one."""
    digest = hashlib.sha256(data).hexdigest().encode()
    network = RoadNetwork(*file.parse(b"enrayon roads 1\n" + digest + b"\n" + data, "town.roads"))
    assert digest.decode() == network.version
    answers(network)


def answers(network: RoadNetwork) -> None:
    for mode in Mode:
        [place] = network.snap_many(mode, *SPOT)
        if place:
            assert 2 * place.access_s == network.times_from(place, [place])[0]
            way = network.way(place, place)
            assert way
            network.isochrone(place, 60).contains(60.17, 24.94)
