"""The whole suite, run by `enrayon up` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.backends import CHOSEN, backend
from tests.support.ports import free_port

WAIT_S = 180.0
"""How long a busy machine may take to start or stop a suite."""

SuiteT = TypeVar("SuiteT", bound="Suite")


@contextmanager
def chosen_database(folder: Path) -> Iterator[Mapping[str, str]]:
    """Settings of a suite on the chosen database; none for its own embedded Valkey."""
    if CHOSEN not in ("redis", "cluster"):
        yield {}
        return
    with backend(folder) as url:
        yield {"ENRAYON_DATABASE_URL": url, "ENRAYON_STOCK_ALLOW_LOSS": "true"}


@contextmanager
def started(
    kind: type[SuiteT], folder: Path, *options: str, settings: Mapping[str, str] | None = None
) -> Iterator[SuiteT]:
    """A suite that runs on the chosen database, with more settings if they are given."""
    with chosen_database(folder / "database") as database:
        suite = kind(folder / "data", *options, database={**database, **(settings or {})})
        try:
            suite.start()
            yield suite
        finally:
            suite.stop()


class Suite:
    """An `enrayon up` on free ports and a data folder of its own."""

    def __init__(
        self, data_dir: Path, *options: str, database: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir
        self.grpc_port, self.http_port = free_port(), free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if "ENRAYON" not in name},
            "COLUMNS": "120",
            "ENRAYON_DATABASE_TIMEOUT_S": "20",  # a busy machine is waited for
            "ENRAYON_DATA_DIR": str(data_dir),
            "ENRAYON_EDGE_REQUESTS_PER_S": "0",  # all tests are one client
            "ENRAYON_GRPC_PORT": str(self.grpc_port),
            "ENRAYON_HTTP_PORT": str(self.http_port),
            **(database or {}),
        }
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait for its greeting."""
        log = self.data_dir.with_name(f"{self.data_dir.name}.log")
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "up", *self._options],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        process = self.process
        wait_until(
            lambda: "enrayon is up" in log.read_text() or process.poll() is not None,
            lambda: log.read_text(),
        )
        assert process.poll() is None, log.read_text()

    def stop(self) -> int:
        """Stop it as Ctrl-C does; returns its exit status."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(WAIT_S)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `enrayon` with these arguments."""
        return subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def get(self, path: str) -> Any:
        """The JSON answer to a GET."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}") as answer:
            return json.load(answer)

    def processes(self) -> dict[int, str]:
        """The commands of this suite's processes, by process id."""
        mark = str(self.data_dir).encode()
        found = {}
        for folder in Path("/proc").iterdir():
            try:
                if not folder.name.isdigit():
                    continue
                told = (folder / "cmdline").read_bytes()
                # Valkey writes its title over its environment; the title has the folder too.
                if mark in told or mark in (folder / "environ").read_bytes():
                    command = told.replace(b"\0", b" ").decode()
                    state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                    if state != "Z":
                        found[int(folder.name)] = command
            except OSError:
                continue  # it has just ended
        return found

    def pid(self, word: str) -> int:
        """The process id of the one process with a word in its command."""
        [pid] = [pid for pid, command in self.processes().items() if word in command]
        return pid


def wait_until(true: Callable[[], bool], explain: Callable[[], str] = str) -> None:
    """Wait for a condition; fail with an explanation after WAIT_S."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)
