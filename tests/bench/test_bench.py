"""Each measure still runs, at its smallest size. Nothing here is about time."""

import json
import socketserver
import threading

import numpy as np
import pytest
from rich.console import Console

from geodata.nearest import NearestIndex
from geodata.points import Point
from tests.bench import measure, nearest
from tests.bench.__main__ import MODULES, main, show
from tests.bench.measure import Result

SMALLEST = 0.01
DEAREST = {"P1", "P2", "P5", "P6", "P8"}
"""Their modules take ten seconds each and are left to `make soak`."""


@pytest.fixture(autouse=True)
def one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "ROUNDS", 1)


@pytest.mark.parametrize(
    "ids",
    [pytest.param(ids, marks=pytest.mark.long if DEAREST & {*ids} else ()) for ids in MODULES],
    ids=",".join,
)
def test_a_bench_measures_what_it_says(ids: tuple[str, ...]) -> None:
    results = list(MODULES[ids](SMALLEST))
    assert set(ids) == {result.id for result in results}
    for result in results:
        assert result.title
        if result.ratio is None:
            assert result.detail, "a measure that cannot be made says why"
            assert (None, {}) == (result.reached, result.rounds)
        else:
            assert result.ratio > 0
            assert (result.reached is None) == (not result.target)
            assert all(reading > 0 for readings in result.rounds.values() for reading in readings)


def test_a_server_with_the_commands_of_tile38_is_a_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers as Tile38 does, and knows ten stores."""
    ids = [f"b-{number}" for number in range(10)]
    latitudes, longitudes = np.linspace(48, 49, 10), np.linspace(2, 3, 10)
    index = NearestIndex.build(ids, latitudes, longitudes)
    found = b"*2\r\n:0\r\n*10\r\n" + b"".join(b"$3\r\n%b\r\n" % id.encode() for id in ids)

    class Answers(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while head := self.rfile.readline():
                words = [
                    self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2]
                    for _ in range(int(head[1:]))
                ]
                self.wfile.write(found if words[0] == b"NEARBY" else b"+OK\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("BENCH_TILE38", f"127.0.0.1:{server.server_address[1]}")
        points = [Point(48.5, 2.5)] * 3
        result = nearest.beside_tile38(index, ids, latitudes, longitudes, points)
        server.shutdown()
        thread.join()
    gone = nearest.beside_tile38(index, ids, latitudes, longitudes, points)

    assert {"enrayon", "NEARBY"} == result.rounds.keys()
    assert result.ratio
    assert gone.ratio is None
    assert "127.0.0.1" in gone.detail


def test_every_measure_has_one_bench() -> None:
    ids = [id for each in MODULES for id in each]
    assert sorted(set(ids)) == sorted(ids)


def test_a_target_not_reached_says_what_holds_it() -> None:
    console = Console(width=200, record=True)
    show([Result("P1", "a over b", 0.5, ">= 1", False, "a 1/s, b 2/s", {}, "its weight")], console)
    text = console.export_text()
    assert "not reached" in text
    assert "held by its weight" in text


def test_the_bench_writes_what_it_read(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bench.json"
    monkeypatch.setattr(
        "sys.argv", ["bench", "--only", "P9", "--scale", "0.01", "--json", str(path)]
    )
    main()
    document = json.loads(path.read_text())
    assert ["P9"] == [result["id"] for result in document["results"]]
    assert 1 == len(document["results"][0]["rounds"]["list"])
    assert {"machine", "load", "versions", "seed", "scale", "rounds"} <= document.keys()
