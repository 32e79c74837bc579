"""Settings of the events service that are refused, by their names."""

import pytest
from pydantic import ValidationError

from services.chassis.settings import check_names
from services.events.settings import EventsSettings


def test_a_delivery_must_end_before_its_lease(monkeypatch):
    monkeypatch.setenv("ENRAYON_EVENTS_LEASE_S", "10")
    with pytest.raises(ValidationError, match="three quarters") as refusal:
        EventsSettings(webhook_timeout_s=8)
    assert ("webhook_timeout_s",) == refusal.value.errors()[0]["loc"]
    assert 7.5 == EventsSettings(webhook_timeout_s=7.5).webhook_timeout_s


@pytest.mark.parametrize("name", ["BACKLOG", "IDLE_S", "QUEUE", "DEAD_LETTERS", "LEASE_S", "ACK_S"])
def test_a_setting_that_moved_here_is_refused_with_its_new_name(name):
    with pytest.raises(ValueError, match=f"ENRAYON_EVENTS_{name}"):
        check_names({f"ENRAYON_GEOFENCE_{name}": "1"})
    assert f"events_{name.lower()}" in EventsSettings.model_fields
