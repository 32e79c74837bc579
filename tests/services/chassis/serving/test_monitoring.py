"""Metrics and probes over HTTP, as a platform asks for them."""

import datetime as dt
import json
import socket
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from services.chassis.database.client import Client
from services.chassis.serving.health import Health
from services.chassis.serving.monitoring import monitored
from services.chassis.settings import ChassisSettings
from tests.support.ports import free_port

WELL = {"reads": lambda: "", "directory": lambda: ""}


def page(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def port() -> int:
    return free_port()


async def test_metrics_and_probes_are_answered_on_one_port(
    database: Client, settings: ChassisSettings, port: int
) -> None:
    unread = "not loaded: stores"
    health = Health(database, {"reads": lambda: unread})
    health.is_started = True
    with monitored(settings.model_copy(update={"metrics_port": port}), health):
        await health.look()
        status, told = page(port, "/readyz")
        assert (503, "not loaded: stores") == (status, json.loads(told)["parts"]["reads"]["reason"])
        unread = ""
        await health.look()
        assert 200 == page(port, "/readyz")[0]
        assert 200 == page(port, "/livez")[0]
        status, metrics = page(port, "/metrics")
        assert 200 == status
        assert 'enrayon_part_well{part="reads"} 1.0' in metrics


async def test_an_event_loop_that_does_not_look_any_more_is_not_alive(
    database: Client,
) -> None:
    now = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)
    health = Health(database, WELL, lambda: now)
    await health.look()
    assert health.is_alive
    now += dt.timedelta(minutes=1)
    assert not health.is_alive


def test_a_port_of_metrics_that_is_taken_is_refused_by_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = ChassisSettings(metrics_port=port)
        with (
            pytest.raises(OSError, match=f"127.0.0.1:{port}.*ENRAYON_METRICS_PORT"),
            monitored(settings, Health(None, WELL)),
        ):
            pass
