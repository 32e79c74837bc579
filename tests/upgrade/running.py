"""A suite in processes of its own whose clock is moved, asked as any client asks it."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc

from enrayon.aisle.v1 import aisle_pb2
from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from tests.support.ports import free_port

CLOCK = Path(__file__).with_name("clock.c")
"""The shim that moves the clock of the processes of a suite."""
CONTRACTS = {
    name: module.DESCRIPTOR.services_by_name[f"{name.capitalize()}Service"]
    for name, module in {
        "stores": stores_pb2,
        "hours": hours_pb2,
        "stock": stock_pb2,
        "geofence": geofence_pb2,
        "aisle": aisle_pb2,
        "events": events_pb2,
    }.items()
}
SETTINGS = {
    "ENRAYON_ACCESS": "enforced",
    "ENRAYON_LOG_FORMAT": "json",
    "ENRAYON_HOLDS_PER_SHOPPER": "3",
    "ENRAYON_FEEDBACK_PER_DAY": "2",
    "ENRAYON_EVENTS_QUEUE": "2",
    "ENRAYON_WEBHOOK_PRIVATE": "true",
}
WAIT_S = 120.0
SOON_S = 1.0
"""Ten rounds of a reader: what waits comes in the first."""

Answer = dict[str, Any]


class Suite:
    """`enrayon serve` and `enrayon work` on a data folder; for them it is a given moment now."""

    def __init__(self, folder: Path, clock: Path, now: dt.datetime, **settings: str) -> None:
        self.folder = folder
        self._shift = round(now.timestamp() - time.time())
        self._port = free_port()
        self._environment = {
            **{name: value for name, value in os.environ.items() if "ENRAYON" not in name},
            **SETTINGS,
            "COLUMNS": "120",
            "ENRAYON_BACKUP_KEY_FILE": str(folder.with_name("backup.key")),
            "ENRAYON_DATA_DIR": str(folder),
            "ENRAYON_GRPC_PORT": str(self._port),
            "LD_PRELOAD": str(clock),
            "CLOCK_SHIFT_S": str(self._shift),
            **settings,
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self._port}")
        self.keys: dict[str, str] = {}
        """API keys by name; a call names the one that it uses."""

    def __enter__(self) -> "Suite":
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        for name in list(self._processes):
            self.stop(name)

    def now(self) -> dt.datetime:
        """The moment that it is for the suite."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self._shift)

    def serve(self, *names: str) -> None:
        """Start services, all without a name, and wait until they answer."""
        self.start("serve", *names)
        health: Any = health_pb2_grpc.HealthStub(self._channel)
        request = health_pb2.HealthCheckRequest()

        def answers() -> bool:
            with suppress(grpc.RpcError):
                health.Check(request, timeout=1)
                return True
            return False

        self.until(answers)

    def start(self, name: str, *arguments: str) -> None:
        """Start `enrayon serve` or `enrayon work`."""
        with self._log(name).open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "services.cli", name, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self, name: str) -> None:
        """Stop one as an operator does."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert 0 == status, self._log(name).read_text()

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait for something to hold, and answer it; all processes must go on meanwhile."""
        deadline = time.monotonic() + WAIT_S
        while not (found := holds()):
            ended = [name for name, each in self._processes.items() if each.poll() is not None]
            logs = "\n".join(self._log(name).read_text() for name in self._processes)
            assert not ended, logs
            assert time.monotonic() < deadline, logs
            time.sleep(0.05)
        return found

    def command(self, *arguments: str) -> str:
        """What `enrayon` with these arguments prints."""
        done = subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout

    def call(self, method: str, request: Answer | None = None, *, key: str = "ops") -> Answer:
        """What a method such as `stores.GetStore` answers, by the API key of that name.

        Raises:
            grpc.RpcError: as the method does.
        """
        path, kind, answer = self._method(method)
        ask = self._channel.unary_unary(path, kind.SerializeToString, answer.FromString)
        return shown(ask(ParseDict(request or {}, kind()), WAIT_S, self._metadata(key)))

    def send(self, method: str, requests: Iterable[Answer], *, key: str = "ops") -> Answer:
        """What a method that takes a stream answers in the end."""
        path, kind, answer = self._method(method)
        ask = self._channel.stream_unary(path, kind.SerializeToString, answer.FromString)
        messages = [ParseDict(request, kind()) for request in requests]
        return shown(ask(iter(messages), WAIT_S, self._metadata(key)))

    @contextmanager
    def stream(
        self, method: str, request: Answer | None = None, *, key: str = "ops"
    ) -> Iterator["Stream"]:
        """The answers of a method that streams them, while they are read."""
        path, kind, answer = self._method(method)
        ask = self._channel.unary_stream(path, kind.SerializeToString, answer.FromString)
        call = ask(ParseDict(request or {}, kind()), WAIT_S, self._metadata(key))
        try:
            yield Stream(call)
        finally:
            call.cancel()

    def _method(self, name: str) -> tuple[str, Any, Any]:
        service, _, method = name.partition(".")
        found = CONTRACTS[service].methods_by_name[method]
        path = f"/{found.containing_service.full_name}/{method}"
        return path, GetMessageClass(found.input_type), GetMessageClass(found.output_type)

    def _metadata(self, key: str) -> list[tuple[str, str]]:
        return [("x-api-key", self.keys[key])] if key else []

    def _log(self, name: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}-{name}.log")


class Stream:
    """The answers of a call, one after the other."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __iter__(self) -> Iterator[Answer]:
        return map(shown, self._call)

    def next(self) -> Answer:
        """The next answer."""
        return shown(next(self._call))

    def rest(self, is_enough: Callable[[list[Answer]], bool]) -> list[Answer]:
        """All answers until they are enough, and those that come soon after."""
        found: list[Answer] = []
        end: threading.Timer | None = None
        try:
            for answer in self:
                found.append(answer)
                if end is None and is_enough(found):
                    end = threading.Timer(SOON_S, self._call.cancel)
                    end.start()
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.CANCELLED:
                raise
        return found


def shown(message: Any) -> Answer:
    """A message as JSON says it, without fields that have their default."""
    return MessageToDict(message, preserving_proto_field_name=True)
