"""Each measure still runs, at its smallest size. Nothing here is about time."""

import json

import pytest
from rich.console import Console

from tests.bench import measure
from tests.bench.__main__ import MODULES, main, show
from tests.bench.measure import Result

SMALLEST = 0.01


@pytest.fixture(autouse=True)
def one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "ROUNDS", 1)


@pytest.mark.parametrize("ids", MODULES, ids=",".join)
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
