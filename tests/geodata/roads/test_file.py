"""Files that are no networks, damaged, or of others are refused with a plain text."""

import hashlib
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from geodata.points import Point
from geodata.roads import BadNetwork, Mode, RoadNetwork, estimated_seconds, file, hierarchy
from geodata.roads.build import build
from geodata.samples import HELSINKI_ROADS
from tests.geodata.roads.grid import grid, snapped
from tests.support.roads import at, tags_of, write_extract

DATA = HELSINKI_ROADS.read_bytes()


def refusal(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(BadNetwork) as caught:
        RoadNetwork.load(path)
    return str(caught.value)


@pytest.mark.parametrize("at_byte", [20, 90, 200, len(DATA) // 2, len(DATA) - 1])
def test_a_changed_byte_is_found(tmp_path: Path, at_byte: int) -> None:
    data = bytearray(DATA)
    data[at_byte] ^= 1
    assert "damaged" in refusal(tmp_path / "n.roads", bytes(data))


@pytest.mark.parametrize("size", [16, 80, 81, 1_000, len(DATA) - 1])
def test_a_file_that_was_cut_off_is_found(tmp_path: Path, size: int) -> None:
    assert "damaged" in refusal(tmp_path / "n.roads", DATA[:size])


def test_other_files_and_formats_are_named(tmp_path: Path) -> None:
    path = tmp_path / "n.roads"
    assert "not a road network" in refusal(path, b"")
    assert "not a road network" in refusal(path, b"PK\x03\x04 a zip")
    newer = DATA.replace(b"enrayon roads 1\n", b"enrayon roads 2\n", 1)
    assert "another version" in refusal(path, newer)
    with pytest.raises(BadNetwork, match="No such file"):
        RoadNetwork.load(tmp_path / "none.roads")
    with pytest.raises(BadNetwork, match="directory"):
        RoadNetwork.load(tmp_path)


def test_the_version_is_the_checksum_and_the_same_extract_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    nodes = {i: (at(100 * i, 0), tags_of("highway=traffic_signals")) for i in range(1, 6)}
    ways = {1: ([1, 2, 3, 4, 5], {"highway": "residential"})}
    extract = write_extract(tmp_path / "a.osm.pbf", nodes, ways)
    versions = [build(extract, tmp_path / name) for name in ("one.roads", "two.roads")]
    one, two = ((tmp_path / name).read_bytes() for name in ("one.roads", "two.roads"))
    assert one == two
    network = RoadNetwork.load(tmp_path / "one.roads")
    assert [network.version] * 2 == versions
    assert network.version == hashlib.sha256(one[81:]).hexdigest()
    assert network.attribution == "© OpenStreetMap contributors"
    assert "Open Database License" in network.about["licence"]
    assert network.about["recipe"] == "enrayon roads build a.osm.pbf"


def altered(path: Path, change: dict[str, Any], **about: Any) -> Path:
    """A network with other columns behind a right checksum."""
    _, told, columns = file.read(HELSINKI_ROADS)
    merged = {key: value for key, value in (columns | change).items() if value is not None}
    file.write(path, told | about, merged)
    return path


def test_columns_that_do_not_fit_are_refused_behind_a_right_checksum(tmp_path: Path) -> None:
    _, _, columns = file.read(HELSINKI_ROADS)
    heads = columns["walk/link_heads"].copy()
    heads[7] = 1_000_000
    junctions = columns["walk/junctions"].copy()
    junctions[0] = 4_000_000_000
    changes: list[dict[str, Any]] = [
        {"walk/link_heads": heads},
        {"walk/junctions": junctions},
        {"walk/travel_ms": columns["walk/travel_ms"][:-2]},
        {"walk/islands": columns["drive/travel_ms"]},
        {"tails": columns["tails"][:-1]},
        {"tails": columns["tails"] + 100_000},
        {"shape_counts": columns["shape_counts"][:-1]},
        {"walk/order": None},
        {"walk/order": columns["walk/order"][:-1]},
        {"walk/order": columns["drive/order"]},
        {"walk/order": np.zeros_like(columns["walk/order"])},
        {"walk/travel_ms": np.full_like(columns["walk/travel_ms"], 0xFFFFFFFF)},
        {"walk/may_snap": None},
        {"lengths_mm": None},
    ]
    for number, change in enumerate(changes):
        path = altered(tmp_path / f"{number}.roads", change)
        with pytest.raises(BadNetwork):
            RoadNetwork.load(path)


def test_an_order_of_another_library_is_computed_anew(tmp_path: Path) -> None:
    network = RoadNetwork.load(HELSINKI_ROADS)
    other = RoadNetwork.load(altered(tmp_path / "n.roads", {}, library="pyroutingkit 9 little"))
    assert network.has_saved_order
    assert not other.has_saved_order
    ends = [Point(60.170, 24.940), Point(60.172, 24.950)]
    times = [
        each.matrix(*[[snapped(each, mode, point) for point in ends]] * 2).tolist()
        for each in (network, other)
        for mode in sorted(Mode)
    ]
    assert times[:3] == times[3:]


def test_without_the_library_times_are_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyroutingkit", None)
    with pytest.raises(BadNetwork, match=r"pip install 'enrayon\[roads\]'"):
        RoadNetwork.load(HELSINKI_ROADS)
    assert 900 == estimated_seconds(Mode.WALK, 1_000)
    assert 144 == estimated_seconds(Mode.DRIVE, 1_000)


def test_nodes_that_are_not_there_never_reach_the_library(tmp_path: Path) -> None:
    network = grid(tmp_path)
    here = snapped(network, Mode.WALK, at(10, 0))
    elsewhere = RoadNetwork.load(HELSINKI_ROADS)
    far = elsewhere.snap(Mode.WALK, 60.1785, 24.953)
    assert far
    with pytest.raises(ValueError, match="another network"):
        network.times_from(far, [here])
    links = hierarchy.Hierarchy(
        np.array([0, 1]), np.array([1, 0]), np.array([5, 7], np.uint32), ([0.0, 0.1], [0.0, 0.1])
    )
    for node in (-1, 2, 1 << 31, 1 << 40):
        with pytest.raises(ValueError, match="no such node"):
            links.times_ms(np.array([0]), np.array([node]))
        with pytest.raises(ValueError, match="no such node"):
            links.way(node, 0)
    assert [[0, 5]] == links.times_ms(np.array([0]), np.array([0, 1])).tolist()


BROKEN = {
    "no.osm.pbf": b"not a pbf at all, and long enough to hold a header of one",
    "empty.osm.pbf": b"",
    "no.osm": b"<html><body>Gateway timeout</body></html>",
    "half.osm": b"<?xml version='1.0'?><osm version='0.6'><node id='1' lat='60' lon='24'/><way id=",
    "nothing.osm": b"<?xml version='1.0'?><osm version='0.6'></osm>",
    "lost.osm": b"<?xml version='1.0'?><osm version='0.6'><way id='1'><nd ref='1'/><nd ref='2'/>"
    b"<tag k='highway' v='residential'/></way></osm>",
    "bare.osm": b"<?xml version='1.0'?><osm version='0.6'><way id='1'>"
    b"<tag k='highway' v='residential'/></way></osm>",
    "far.osm": b"<?xml version='1.0'?><osm version='0.6'><node id='1' lat='99' lon='24'/>"
    b"<node id='2' lat='60' lon='999'/><way id='1'><nd ref='1'/><nd ref='2'/>"
    b"<tag k='highway' v='residential'/></way></osm>",
    "shops.csv": b"id,name\n1,Alepa\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_extract_that_cannot_be_used_is_refused_and_leaves_no_file(
    tmp_path: Path, name: str
) -> None:
    extract = tmp_path / name
    extract.write_bytes(BROKEN[name])
    with pytest.raises(BadNetwork, match=name):
        build(extract, tmp_path / "out.roads")
    assert [extract] == list(tmp_path.iterdir())


def test_a_pbf_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    nodes: dict[int, Any] = {i: (at(30 * i, i % 7), {}) for i in range(1, 3_000)}
    ways = {i: ([i, i + 1], {"highway": "residential"}) for i in range(1, 2_999)}
    whole = write_extract(tmp_path / "whole.osm.pbf", nodes, ways).read_bytes()
    for share in (0.3, 0.6, 0.95):
        half = tmp_path / "half.osm.pbf"
        half.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BadNetwork, match=r"half\.osm\.pbf"):
            build(half, tmp_path / "out.roads")


def test_a_network_says_what_it_holds() -> None:
    _, about, columns = file.read(HELSINKI_ROADS)
    text = orjson.dumps(about)
    assert b"/tmp" not in text
    assert {"bike", "drive", "walk"} == set(about["modes"])
    assert HELSINKI_ROADS.stat().st_size < 2_000_000
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **columns)
    assert buffer.tell() < 10_000_000
