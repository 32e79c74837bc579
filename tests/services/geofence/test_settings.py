"""Settings of the geofence service that are refused, by their names."""

import pytest
from pydantic import ValidationError

from services.geofence.settings import GeofenceSettings

HERE = "tests.services.geofence.test_settings"


@pytest.mark.parametrize("name", ["nowhere:x", f"{HERE}:nothing", f"{HERE}:HERE", "1 2"])
def test_what_is_no_function_is_refused_by_the_name_of_the_setting(name, monkeypatch):
    monkeypatch.setenv("ENRAYON_GEOFENCE_TRAVEL_TIME", name)
    with pytest.raises(ValidationError) as refusal:
        GeofenceSettings()
    assert ("geofence_travel_time",) == refusal.value.errors()[0]["loc"]
