"""A suite of today on the data of an older version, and what its clients hold."""

import datetime as dt
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.upgrade.endpoint import Endpoint, endpoint
from tests.upgrade.running import Answer, Suite

HERE = Path(__file__).parent
VERSIONS = sorted(path.name for path in HERE.glob("v*") if path.is_dir())
AWAY = dt.timedelta(minutes=12)
"""From the end of the old suite to the start of the new one: longer than the timers that were left
running and than the delay of a delivery's second attempt."""


def clients_of(version: str) -> dict[str, Any]:
    """What the clients of a version hold."""
    found: dict[str, Any] = json.loads((HERE / version / "clients.json").read_text())
    return found


def unpack(version: str, folder: Path) -> None:
    """Unpack the data folder of a version."""
    folder.mkdir(mode=0o700)
    with tarfile.open(HERE / version / "data.tar.gz") as tar:
        tar.extractall(folder, filter="data")


def start_of(held: dict[str, Any]) -> dt.datetime:
    """The moment at which the new suite starts."""
    return dt.datetime.fromisoformat(held["saved_at"]) + AWAY


@dataclass(frozen=True)
class Upgraded:
    """The services and workers of today, on a data folder or on a restored backup."""

    suite: Suite
    held: dict[str, Any]
    hook: Endpoint
    webhook: Answer
    """The subscription of the webhook as it was found, before its address was changed."""
    has_devices: bool
    """Whether positions of people were kept: a backup has none."""

    def call(self, method: str, /, key: str = "ops", **request: Any) -> Answer:
        """Call a method."""
        return self.suite.call(method, request, key=key)

    def refused(self, method: str, /, key: str = "ops", **request: Any) -> grpc.StatusCode:
        """The code of a call that must fail."""
        with pytest.raises(grpc.RpcError) as raised:
            self.suite.call(method, request, key=key)
        code: grpc.StatusCode = raised.value.code()
        return code

    def report(self, device: str, where: str = "", **fix: Any) -> Answer:
        """The result of a fix of a device: its last one again, or one `inside` or `outside` now."""
        noted = self.held["devices"][device]
        sent = dict(noted["last_fix"])
        if where:
            sent |= {"location": noted[where], "device_time": self.suite.now().isoformat()}
        answer = self.call("geofence.ReportPosition", "shop", fix={**sent, **fix}, consent=True)
        return dict(answer["result"])

    def events(self, subscription: str, is_enough: Callable[[list[Answer]], bool]) -> list[Answer]:
        """The events that a reader is told, with their tokens, until they are enough."""
        request = {"subscription": f"subscriptions/{subscription}"}
        with self.suite.stream("events.StreamEvents", request) as answers:
            found = answers.rest(lambda told: is_enough(events_in(told)))
        return events_in(found)


def events_in(answers: list[Answer]) -> list[Answer]:
    """The answers that tell an event; the others only say that the stream is alive."""
    return [told for told in answers if "event" in told]


@contextmanager
def upgraded_from(version: str, start: str, clock: Path, scratch: Path) -> Iterator[Upgraded]:
    """Start on what a version left: its `folder` or its `backup`."""
    held, folder = clients_of(version), scratch / "data"
    settings = {} if start == "folder" else {"ENRAYON_KEYS": held["signing_keys"]}
    with endpoint() as hook, Suite(folder, clock, start_of(held), **settings) as suite:
        suite.keys |= held["api_keys"]
        if start == "folder":
            unpack(version, folder)
        else:
            suite.command("restore", "--unsigned", str(HERE / version / "backup"))
        suite.serve()
        webhook = suite.call("events.GetSubscription", {"name": "subscriptions/hook"})
        enabled = {"name": "subscriptions/hook", "webhook": {"uri": hook.uri}}
        change = {"subscription": enabled, "update_mask": "webhook.uri,disabled"}
        suite.call("events.UpdateSubscription", change)
        suite.start("work")
        yield Upgraded(suite, held, hook, webhook, has_devices=start == "folder")
        for name in ("work", "serve"):
            suite.stop(name)
