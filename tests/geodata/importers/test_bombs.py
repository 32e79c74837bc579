"""Tests that small files which claim to be large are refused, each within a bound of memory.

`tests.support.bombs` made the files. Each is read in a process of its own that may take 1.5 GiB and
two minutes of the processor, so that a reader which does not bound itself fails.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bombs import FOLDER, MADE

MEMORY_BYTES, PROCESSOR_S = 1536 * 2**20, 120
READ = f"""
import resource, sys
from pathlib import Path
from geodata.importers import ImporterError, read
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_BYTES}, resource.RLIM_INFINITY))
resource.setrlimit(resource.RLIMIT_CPU, ({PROCESSOR_S}, resource.RLIM_INFINITY))
try:
    read(Path(sys.argv[1]), source="s")
except ImporterError as error:
    print(error)
"""


def said(path: Path) -> str:
    """What a reader said of a file that it refused."""
    command = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.parametrize("name", MADE)
def test_a_bomb_is_refused_within_its_bounds(name: str) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="no pyarrow here: make extras")
    assert said(FOLDER / name)


def test_the_bombs_are_kept_and_small() -> None:
    assert set(MADE) == {path.name for path in FOLDER.iterdir()}
    assert all(path.stat().st_size < 600_000 for path in FOLDER.iterdir())
