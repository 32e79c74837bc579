"""Tests that every answer equals brute force while places are added, moved and deleted."""

import random
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from geodata.nearest import NearestIndex, blocks, tree
from geodata.nearest.places import Places
from geodata.points import Point
from tests.geodata.nearest.oracle import TOWNS, BruteForce, index_of, moved, named, scattered

SMALL_NODES: dict[str, Any] = {"CAPACITY": 8, "_LEAST": 1, "ROOT_CAPACITY": 8}
SMALL_CACHE: dict[str, Any] = {"MAX_BLOCKS": 4, "MAX_ROWS": 48}


@pytest.fixture(params=["as shipped", "small"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small nodes give a thousand places a tree as deep as that of many millions."""
    if request.param == "small":
        for name, size in SMALL_NODES.items():
            monkeypatch.setattr(tree, name, size)
        for name, size in SMALL_CACHE.items():
            monkeypatch.setattr(blocks, name, size)


@pytest.mark.usefixtures("sizes")
def test_thousands_of_changes_between_questions() -> None:
    rng = random.Random(2)
    brute, index = BruteForce({}), NearestIndex()
    for step, (id, place) in enumerate(scattered(3_000, seed=3).items()):
        brute.places[id] = place
        index.upsert(id, place)
        other = rng.choice(list(brute.places))
        if step % 3 == 0:
            brute.places[other] = moved(place, rng.gauss(0, 0.01), rng.gauss(0, 0.01))
            index.upsert(other, brute.places[other])
        elif step % 4 == 0:
            del brute.places[other]
            index.delete(other)
        if step % 10 == 0:
            question = moved(rng.choice(TOWNS), rng.gauss(0, 0.01), rng.gauss(0, 0.01))
            for limit in (5, 40):
                assert brute.nearest(question, limit) == named(
                    index, index.nearest(question, limit)
                )
    assert len(brute.places) == len(index)


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("block", [7, 400])
def test_blocks_of_places_that_come_and_move(block: int) -> None:
    rng = random.Random(6)
    brute, index = BruteForce({}), NearestIndex()
    coming = list(scattered(3_000, seed=6).items())
    for begin in range(0, len(coming), block):
        changed = dict(coming[begin : begin + block])
        for id in rng.sample(list(brute.places), min(len(brute.places), block // 5)):
            changed[id] = moved(brute.places[id], rng.gauss(0, 1), rng.gauss(0, 1))
        brute.places |= changed
        rows = index.upsert_many(list(changed.items()))
        assert [index.row(id) for id in changed] == rows
        for id in rng.sample(list(brute.places), 2):
            del brute.places[id]
            index.delete(id)
        question = moved(rng.choice(TOWNS), rng.gauss(0, 0.01), rng.gauss(0, 0.01))
        for limit in (5, 40):
            assert brute.nearest(question, limit) == named(index, index.nearest(question, limit))
    assert len(brute.places) == len(index)


@pytest.mark.usefixtures("sizes")
def test_all_gone_and_all_back() -> None:
    places = scattered(2_000, seed=4)
    index = NearestIndex()
    for _ in range(2):
        for id, place in places.items():
            index.upsert(id, place)
        assert len(places) == len(index)
        assert BruteForce(places).nearest(TOWNS[1], 20) == named(index, index.nearest(TOWNS[1], 20))
        for id in places:
            index.delete(id)
        assert index.nearest(TOWNS[1], 20) == []
    assert len(places) == index.row_count


@pytest.mark.usefixtures("sizes")
def test_built_at_once_then_changed() -> None:
    places = scattered(3_000, seed=5)
    index, brute = index_of(places), BruteForce(places)
    for id, place in list(places.items())[::3]:
        brute.places[id] = moved(place, 0.01, 0.01)
        index.upsert(id, brute.places[id])
    for id in list(places)[::4]:
        del brute.places[id]
        index.delete(id)
    for question in [*TOWNS, *list(places.values())[::100]]:
        for limit in (1, 10, 100):
            assert brute.nearest(question, limit) == named(index, index.nearest(question, limit))


def test_a_place_that_moved_away_and_closed_is_gone() -> None:
    index = index_of(scattered(500, seed=6))
    for _ in range(3):
        index.nearest(TOWNS[0], 10)
    row, _ = index.nearest(TOWNS[0], 1)[0]
    id = index.id(row)
    index.upsert(id, Point(-45, -120))
    index.delete(id)
    assert id not in [index.id(row) for row, _ in index.nearest(TOWNS[0], 10)]


def test_questions_without_a_filter_never_look_at_all_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, size in SMALL_NODES.items():
        monkeypatch.setattr(tree, name, size)
    places = scattered(2_000, seed=7)
    index = index_of(dict(list(places.items())[:500]))
    for id, place in places.items():
        index.upsert(id, place)
    for id in list(places)[::2]:
        index.delete(id)
    monkeypatch.setattr(Places, "rows", lambda *_: pytest.fail("looked at all places"))
    for town in TOWNS:
        hits = index.nearest(town, 100)
        row, distance = hits[49]
        assert hits[50:] == index.nearest(town, 50, after=(distance, index.id(row)))


def test_coming_and_going_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in SMALL_NODES.items():
        monkeypatch.setattr(tree, name, size)
    index = index_of(scattered(500, seed=8))
    sizes = []
    for _ in range(4):
        visitors = {f"visitor-{id}": place for id, place in scattered(500, seed=9).items()}
        for id, place in visitors.items():
            index.upsert(id, place)
        for id in visitors:
            index.delete(id)
        sizes.append(sum(len(level.members) for level in index._tree._levels))
    assert sizes[1] == sizes[3]
    assert index.row_count == 1_000


def test_a_row_stays_with_its_place_and_is_used_again_after_it() -> None:
    index = NearestIndex.build(["a", "b", "c"], [1, 2, 3], [1, 2, 3])
    assert [index.row(id) for id in "abc"] == [0, 1, 2]
    assert index.row("b") == index.upsert("b", Point(50, 50))
    freed = index.delete("b")
    assert "b" not in index
    assert freed == index.upsert("d", Point(4, 4))
    assert index.id(freed) == "d"
    assert Point(4, 4) == index.point(freed)


def test_a_mask_skips_rows_that_are_free() -> None:
    places = scattered(2_000, seed=10)
    index = index_of(places)
    left, *closed = list(places)[::200]
    mask = np.zeros(index.row_count, dtype=np.bool_)
    mask[[index.row(id) for id in [left, *closed]]] = True
    for id in closed:
        index.delete(id)
    for accept in (mask, lambda rows: mask[rows]):
        assert [index.row(left)] == [row for row, _ in index.nearest(TOWNS[0], 9, accept=accept)]


class Changes(RuleBasedStateMachine):
    """Any sequence of changes and queries, compared with brute force."""

    ids = st.integers(0, 40).map("p-{}".format)
    spots = st.builds(
        lambda town, scale, north, east: moved(town, scale * north, scale * east),
        st.sampled_from(TOWNS),
        st.sampled_from([0.0, 1e-6, 1e-3, 0.3, 20.0]),
        st.floats(-1, 1),
        st.floats(-1, 1),
    )

    def __init__(self) -> None:
        super().__init__()
        self.brute = BruteForce({})
        self.index = NearestIndex()

    @rule(id=ids, spot=spots)
    def upsert(self, id: str, spot: Point) -> None:
        self.brute.places[id] = spot
        self.index.upsert(id, spot)

    @rule(prefix=st.integers(0, 9), town=st.sampled_from(TOWNS))
    def crowd(self, prefix: int, town: Point) -> None:
        for number in range(150):
            id, spot = f"crowd-{prefix}-{number}", moved(town, number * 1e-4, prefix * 1e-4)
            self.brute.places[id] = spot
            self.index.upsert(id, spot)

    @rule(id=ids)
    def delete(self, id: str) -> None:
        if self.brute.places.pop(id, None):
            self.index.delete(id)

    @rule(prefix=st.integers(0, 9))
    def disperse(self, prefix: int) -> None:
        for id in [id for id in self.brute.places if id.startswith(f"crowd-{prefix}-")]:
            del self.brute.places[id]
            self.index.delete(id)

    @rule(question=spots, limit=st.sampled_from([1, 3, 33]))
    def ask(self, question: Point, limit: int) -> None:
        expected = self.brute.nearest(question, limit)
        for _ in range(2):
            assert expected == named(self.index, self.index.nearest(question, limit))

    @invariant()
    def same_size(self) -> None:
        assert len(self.brute.places) == len(self.index)


class ChangesInADeepTree(Changes):
    """`Changes` with small nodes and a small cache."""

    def __init__(self) -> None:
        self.patches = [
            mock.patch.multiple(tree, **SMALL_NODES),
            mock.patch.multiple(blocks, **SMALL_CACHE),
        ]
        for patch in self.patches:
            patch.start()
        super().__init__()

    def teardown(self) -> None:
        for patch in self.patches:
            patch.stop()


TestChangesInADeepTree = ChangesInADeepTree.TestCase
TestChangesInADeepTree.settings = settings(max_examples=10, stateful_step_count=30, deadline=None)
TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=10, stateful_step_count=30, deadline=None)
