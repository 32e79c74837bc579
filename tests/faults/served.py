"""A server of stores and stock in a process that can be killed and started again."""

import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.ports import free_port

# The fork server has imported everything, so a new process starts at once.
CONTEXT: Any = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["services.app"])


class Served:
    """The process. Its database is started and stopped by the test."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self._environment = {
            "ENRAYON_DATA_DIR": str(folder),
            "ENRAYON_GRPC_PORT": str(self.port),
            "ENRAYON_DATABASE_URL": database_url,
            "ENRAYON_LOG_LEVEL": "error",
            "ENRAYON_HOLDS_PER_CALLER": "0",
            "ENRAYON_STOCK_ALLOW_LOSS": "true",
        }
        self._process: Any = None

    @property
    def address(self) -> str:
        """The address of the server."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process; it listens soon after."""
        self._process = CONTEXT.Process(target=serve, args=(self._environment,))
        self._process.start()

    def kill(self) -> None:
        """Kill the process by SIGKILL, and wait for its end."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()


def serve(environment: Mapping[str, str]) -> None:
    """Run the process, as `enrayon serve stores stock` does."""
    from services import app
    from services.chassis.settings import ChassisSettings

    os.environ.update(environment)
    os.environ.pop("LD_PRELOAD", None)
    app.serve(ChassisSettings(), ["stores", "stock"])
