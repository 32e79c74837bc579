"""Places come, move and go, and every answer in between is brute force's."""

import random

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from geodata.nearest import NearestIndex
from geodata.points import Point
from tests.geodata.nearest.oracle import TOWNS, BruteForce, moved, named, scattered


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
    index = NearestIndex.build(["a", "b", "c"], [1, 2, 3], [1, 2, 3])
    index.delete("b")
    everything = np.ones(index.row_count, dtype=np.bool_)
    hits = index.nearest(Point(1, 1), 9, accept=everything)
    assert [index.id(row) for row, _ in hits] == ["a", "c"]


class Changes(RuleBasedStateMachine):
    """Any interleaving of changes and questions, beside brute force."""

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


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
