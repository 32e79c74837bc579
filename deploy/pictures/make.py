"""Makes the terminal pictures of the README: `make pictures`.

Runs the real commands on its own data folder, draws their output, and keeps the map that one of
them draws.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 112
LIST = (
    "apples",
    "rye bread",
    "milk",
    "basmati rice",
    "ground coffee",
    "dark chocolate",
    "ice cream",
)
NEAREST = ("nearest", "Rautatientori", "--limit", "6", "--at", "14:30")
"""By day, so that most stores are open."""
UP_WITHIN_S = 60


def main() -> None:
    """Run the demo and draw its output."""
    with running_demo() as (environment, log):
        nearest = run(environment, *NEAREST)
        run(environment, "aisle", "route", *LIST, "--picture", str(HERE / "aisle.svg"))
        folder = environment["ENRAYON_DATA_DIR"]
        # Replace the private folder by one of the same length, which keeps the frame intact.
        greeting = log.read_text().replace(folder, home(len(folder)))
    asked = " ".join(NEAREST)
    draw("demo", f"$ make demo\n{greeting.rstrip()}\n\n$ enrayon {asked}\n{nearest}")


@contextmanager
def running_demo(**settings: str) -> Iterator[tuple[dict[str, str], Path]]:
    """Runs the demo on its own folder; yields the environment of its commands, and its log."""
    with tempfile.TemporaryDirectory(prefix="enrayon--") as folder:
        environment = {
            **os.environ,
            "ENRAYON_DATA_DIR": folder,
            "FORCE_COLOR": "1",
            "COLUMNS": str(WIDTH),
            **settings,
        }
        log = Path(folder, "picture.log")
        with log.open("wb") as output:
            up = subprocess.Popen(enrayon("up", "--demo"), env=environment, stdout=output)
        try:
            wait_for(log, "Try, in another terminal", up)
            yield environment, log
        finally:
            up.send_signal(signal.SIGINT)
            up.wait()


def home(length: int) -> str:
    """A neutral folder name of a given length."""
    return "/home/you/enrayon/data".ljust(length)[:length]


def enrayon(*arguments: str) -> list[str]:
    """The command with its arguments."""
    return [sys.executable, "-m", "services.cli", *arguments]


def run(environment: dict[str, str], *arguments: str) -> str:
    """The output of a command."""
    done = subprocess.run(
        enrayon(*arguments), env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def wait_for(log: Path, words: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program has printed some words."""
    deadline = time.monotonic() + UP_WITHIN_S
    while words not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(log.read_text())
        time.sleep(0.1)
    time.sleep(0.5)


def draw(name: str, text: str) -> None:
    """Draw a terminal with a text as SVG."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(Text.from_ansi(text))
        console.save_svg(str(HERE / f"{name}.svg"), title="enrayon")


if __name__ == "__main__":
    main()
