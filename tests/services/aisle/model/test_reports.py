"""Reports stay small and bounded whatever shoppers report."""

from hypothesis import given
from hypothesis import strategies as st

from services.aisle.model import reports as model
from services.aisle.model.reports import Place, Reports
from tests.geodata.floorplans.shops import NOON, in_aisle

KEYS = st.tuples(st.just(""), st.sampled_from("ABCDEFGHIJ"), st.just("left"), st.integers(0, 9))


@given(st.lists(st.tuples(KEYS, st.booleans()), max_size=300))
def test_the_record_stays_small_and_confidence_between_0_and_1(told) -> None:
    reports = Reports("basis")
    for key, found in told:
        reports = model.counted(reports, key, found=found)
    assert len(reports.places) <= model.PLACES_MOST
    assert all(place.found + place.missed <= model.COUNTED_MOST for place in reports.places)
    assert reports == model.decode(model.encode(reports))
    shelved = model.revised("rice", [in_aisle("rice", "2")], [in_aisle("rice", "2")], reports)
    confidences = [each.placement.confidence for each in shelved]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)


def test_callers_over_the_limit_of_a_day_are_refused() -> None:
    reports: Reports | None = Reports("basis", (Place(("", "1", "", 0)),))
    for number in range(model.CALLERS_MOST):
        assert reports is not None
        reports = model.admitted(reports, f"c{number}", NOON, 1)
    assert reports is not None
    assert model.admitted(reports, "one more", NOON, 1) is None
