"""A database, a server and a worker, each in a process that can be killed and started again."""

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.backends import server
from tests.faults.power import cut_to_what_was_synced
from tests.support.ports import free_port

# The fork server has imported everything, so a new process starts at once.
CONTEXT: Any = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["services.app"])
DATABASE = ("database", "power")


class Deployment:
    """Services on a database of one server, each role in a process of its own.

    Each process calls `prepare` first.
    """

    def __init__(
        self,
        folder: Path,
        services: str,
        settings: Mapping[str, str],
        prepare: Callable[[], None] | None = None,
        roles: Sequence[str] = ("serve", "work"),
        url: str | None = None,
    ) -> None:
        """`services` are names with spaces between; a role may have a number: `work 2`.

        With a `url` they use that database, which the test starts and stops.
        """
        self._roles = roles
        self._prepare = prepare
        self.port = free_port()
        self._services = services
        self._own = server(folder / "valkey")
        self._has_own = url is None
        self.url = url or self._own.url
        self._environment = {
            **settings,
            "ENRAYON_DATA_DIR": str(folder / "data"),
            "ENRAYON_GRPC_PORT": str(self.port),
            "ENRAYON_DATABASE_URL": self.url,
            "ENRAYON_LOG_LEVEL": "error",
        }
        self._processes: dict[str, Any] = {}

    def __enter__(self) -> Self:
        if self._has_own:
            self._own.start()
        for role in self._roles:
            self._start(role)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for role in self._roles:
            self.kill(role)
        self._own.stop()

    def kill(self, part: str) -> None:
        """Kill the `database`, or the process of a role, by SIGKILL, and wait for its end.

        `power`: the database dies, and what it had not synced is gone (`tests.faults.power`).
        """
        if part in DATABASE:
            assert self._own.process
            self._own.process.kill()
            self._own.process.wait()
            if part == "power":
                cut_to_what_was_synced(self._own.folder)
        else:
            self._processes[part].kill()
            self._processes[part].join()

    def start_again(self, part: str) -> None:
        """Start the part that was killed."""
        if part in DATABASE:
            self._own.stop()
            self._own.start()
        else:
            self._start(part)

    def _start(self, role: str) -> None:
        arguments = (role, self._services, self._environment, self._prepare)
        process = CONTEXT.Process(target=run, args=arguments)
        process.start()
        self._processes[role] = process


def run(
    role: str,
    services: str,
    environment: Mapping[str, str],
    prepare: Callable[[], None] | None,
) -> None:
    """Run a process of a role, as `enrayon serve` and `enrayon work` do."""
    from services import app
    from services.chassis.settings import ChassisSettings

    os.environ.update(environment)
    os.environ.pop("LD_PRELOAD", None)
    if prepare:
        prepare()
    getattr(app, role.split()[0])(ChassisSettings(), services.split())
