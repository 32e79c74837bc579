"""Settings that do not go together, and what is plugged in by them."""

import pytest
from pydantic import ValidationError

from geodata.fences.trips import Mode, eta_s
from geodata.points import Point
from services.geofence.model.travel import travel_time
from services.geofence.settings import GeofenceSettings

HERE = "tests.services.geofence.test_settings"
STOCKMANN = Point(60.1687, 24.9418)
PASILA = Point(60.1986, 24.9339)


def ten_minutes(position: Point, store: Point, mode: Mode) -> float:
    del position, store
    return {Mode.CAR: 600.0, Mode.WALK: float("nan")}[mode]


def test_a_travel_time_can_be_plugged_in():
    seconds = travel_time(f"{HERE}:ten_minutes")
    assert 600.0 == seconds(PASILA, STOCKMANN, Mode.CAR)
    assert eta_s(PASILA, STOCKMANN, Mode.CAR) == travel_time("")(PASILA, STOCKMANN, Mode.CAR)


@pytest.mark.parametrize("mode", [Mode.WALK, Mode.BIKE], ids=["no number", "an error"])
def test_where_it_fails_the_straight_line_stands_in(mode):
    straight = eta_s(PASILA, STOCKMANN, mode)
    assert straight == travel_time(f"{HERE}:ten_minutes")(PASILA, STOCKMANN, mode)


@pytest.mark.parametrize("name", ["nowhere:x", f"{HERE}:nothing", f"{HERE}:HERE", "1 2"])
def test_what_is_no_function_is_refused_by_the_name_of_the_setting(name, monkeypatch):
    monkeypatch.setenv("ENRAYON_GEOFENCE_TRAVEL_TIME", name)
    with pytest.raises(ValidationError) as refusal:
        GeofenceSettings()
    assert ("geofence_travel_time",) == refusal.value.errors()[0]["loc"]


def test_a_delivery_must_end_before_its_lease(monkeypatch):
    monkeypatch.setenv("ENRAYON_GEOFENCE_LEASE_S", "10")
    with pytest.raises(ValidationError, match="three quarters") as refusal:
        GeofenceSettings(webhook_timeout_s=8)
    assert ("webhook_timeout_s",) == refusal.value.errors()[0]["loc"]
    assert 7.5 == GeofenceSettings(webhook_timeout_s=7.5).webhook_timeout_s
