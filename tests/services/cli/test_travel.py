"""The options of commands that rank by travel time."""

import pytest

from enrayon.type.v1 import travel_pb2
from services.cli.output import CommandError
from services.cli.travel import travel


def given(**options: object) -> travel_pb2.Travel | None:
    chosen = {"walk": False, "bike": False, "drive": False, "minutes": None, **options}
    return travel(**chosen)


def test_one_way_of_travelling_is_asked_for_with_its_limit():
    assert given() is None
    assert travel_pb2.Travel(mode="TRAVEL_MODE_BIKE") == given(bike=True)
    wish = travel_pb2.Travel(mode="TRAVEL_MODE_WALK", max_travel_time={"seconds": 750})
    assert wish == given(walk=True, minutes=12.5)


@pytest.mark.parametrize(
    ("options", "text"),
    [({"walk": True, "drive": True}, "exclude each other"), ({"minutes": 5.0}, "needs --walk")],
)
def test_what_contradicts_itself_is_refused(options, text):
    with pytest.raises(CommandError, match=text):
        given(**options)
