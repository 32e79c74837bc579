"""Builds bare machines in folders and tries a newcomer's two commands on them: `make fresh`.

The first is Debian 12 with its own Python; the second is Debian's stable, if its Python is newer.
Nothing but Python, its venv module, git and make is on them. Exits with 0 if all is well.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.fresh.machine import CHECKOUT, CannotBeDoneError, Machine, check_host
from tests.fresh.verdict import verdict_of

OLDEST, NEWEST = "bookworm", "stable"
MINUTES = 25.0
JUNIT = "build/fresh.xml"
ROOT = Path(__file__).parents[2]
LOGS = ROOT / "build" / "fresh"


@dataclass
class Row:
    """What one step found."""

    machine: str
    step: str
    is_good: bool
    found: str
    took_s: float


@dataclass
class Trial:
    """The steps on one machine."""

    machine: Machine
    deadline: float
    options: str
    rows: list[Row] = field(default_factory=list)
    name: str = ""

    @property
    def is_good(self) -> bool:
        """Whether every step so far found all well."""
        return all(row.is_good for row in self.rows)

    @property
    def _left_s(self) -> float:
        return max(1.0, self.deadline - time.monotonic())

    def prepare(self) -> None:
        """Build the machine and set the checkout up."""
        self.name = f"Debian {self.machine.suite}"
        self._step("build", self._build)
        if self.is_good:
            self._step("make setup", self._set_up)

    def run(self) -> None:
        """Run the two commands."""
        for step, act in (("make demo", self._demo), ("make test", self._test)):
            if self.is_good:
                self._step(step, act)

    def _step(self, step: str, act: Callable[[Path], tuple[bool, str]]) -> None:
        say(f"{self.name}: {step} ...")
        began = time.monotonic()
        log = LOGS / f"{self.machine.suite}-{step.replace(' ', '-')}.log"
        log.unlink(missing_ok=True)
        try:
            is_good, found = act(log)
        except subprocess.TimeoutExpired:
            is_good, found = False, f"not done when {MINUTES:.0f} minutes were over"
        except CannotBeDoneError as error:
            is_good, found = False, str(error)
        if not is_good:
            found = f"{found}; see {log.relative_to(ROOT)}"
        row = Row(self.name, step, is_good, found, time.monotonic() - began)
        self.rows.append(row)
        say(f"{self.name}: {step}: {'good' if is_good else 'BAD'}: {found} ({row.took_s:.0f} s)")

    def _build(self, log: Path) -> tuple[bool, str]:
        self.machine.build(log, self._left_s)
        self.machine.copy(ROOT)
        self.name = f"Debian {self.machine.suite}, Python {self.machine.python()}"
        return True, "Python, venv, git and make"

    def _set_up(self, log: Path) -> tuple[bool, str]:
        return self._run("make setup", log, online=True) == 0, "with what the index of pip has"

    def _demo(self, log: Path) -> tuple[bool, str]:
        status = self._run("python3 -m tests.fresh.demo", log)
        lines = log.read_text(errors="replace").strip().splitlines()
        return status == 0, lines[-1] if lines else f"it ended with code {status}"

    def _test(self, log: Path) -> tuple[bool, str]:
        arguments = f"--junitxml={JUNIT} {self.options}".strip()
        status = self._run(f"make test ARGS='{arguments}'", log)
        junit = Path(f"{self.machine.root}{CHECKOUT}") / JUNIT
        if not junit.exists():
            return False, f"it ended with code {status}"
        verdict = verdict_of(junit)
        for fault in verdict.faults:
            say(f"  {fault}")
        return verdict.is_good and status == 0, str(verdict)

    def _run(self, command: str, log: Path, *, online: bool = False) -> int:
        return self.machine.run(command, log, online=online, timeout_s=self._left_s)


def main() -> int:
    """Build, run, tell; the exit status."""
    options = ArgumentParser(prog="make fresh", description=__doc__)
    options.add_argument("--options", default="", help="further options of pytest, without quotes")
    options.add_argument("--only", choices=["oldest", "newest"], help="one machine alone")
    chosen = options.parse_args()
    deadline = time.monotonic() + MINUTES * 60
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        check_host()
    except CannotBeDoneError as error:
        say(f"cannot be done here: {error}")
        return 2
    LOGS.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["git", "-C", ROOT, "diff", "--quiet", "HEAD"]).returncode:
        say("the last commit is tried; what is not committed is left out")
    suites = {"oldest": [OLDEST], "newest": [NEWEST]}.get(chosen.only, [OLDEST, NEWEST])
    folder = Path(tempfile.mkdtemp(prefix="enrayon-fresh-"))
    try:
        folder.chmod(0o755)
        trials = [Trial(Machine(folder / s, s), deadline, chosen.options) for s in suites]
        with ThreadPoolExecutor() as threads:
            list(threads.map(Trial.prepare, trials))
        for trial in worth(trials):
            trial.run()
    finally:
        shutil.rmtree(folder)
    tell(trials)
    return int(not all(trial.is_good for trial in trials))


def worth(trials: list[Trial]) -> list[Trial]:
    """The trials to go on with: no Python twice."""
    seen: set[str] = set()
    kept = []
    for trial in trials:
        python = trial.name.partition("Python ")[2]
        if python in seen:
            say(f"{trial.name}: the same Python again; not tried")
        else:
            kept.append(trial)
        seen.add(python)
    return kept


def tell(trials: list[Trial]) -> None:
    """Print a table of what was found."""
    rows = [row for trial in trials for row in trial.rows]
    width = max(len(row.machine) for row in rows)
    say("")
    for row in rows:
        state = "good" if row.is_good else "BAD "
        say(f"{row.machine:{width}}  {row.step:10}  {state}  {row.took_s:5.0f} s  {row.found}")


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
