"""A child is tied to its parent, or does not run. (That it ends: tests of what is started so.)"""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.chassis.processes.lifeline import lifeline


def test_a_child_is_tied_to_the_main_thread_or_not_started() -> None:
    with ThreadPoolExecutor() as threads, pytest.raises(RuntimeError, match="main thread"):
        threads.submit(lifeline, ["/bin/true"]).result()


def test_a_child_whose_parent_died_first_never_runs(tmp_path: Path) -> None:
    command = lifeline(["/bin/touch", str(tmp_path / "ran")])
    parent = command.index(str(os.getpid()))
    subprocess.run(command, check=True)
    assert (tmp_path / "ran").exists()
    (tmp_path / "ran").unlink()
    command[parent] = "1"
    assert subprocess.run(command, check=False).returncode == 1
    assert not (tmp_path / "ran").exists()
