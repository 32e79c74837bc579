"""A run repeats, and some seeds break no law."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.shrink import reduced

ROOT = Path(__file__).parents[2]
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
SEEDS = int(os.environ.get("ENRAYON_TEST_SEEDS", "100"))
"""Seeds that the long run takes."""
FEW = 4
"""Seeds of the short run: they take half a minute of one core."""


def simulated(*arguments: str, folder: Path = ROOT, hash_seed: str = "0") -> str:
    """What the simulation prints, in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(ROOT / "protos" / "gen")))
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_compiler
@pytest.mark.long
@pytest.mark.parametrize("seed", ["1", "5", "43"])
def test_a_seed_is_the_same_run_in_another_process_and_folder(seed: str, tmp_path: Path) -> None:
    first = simulated("--seed", seed, hash_seed="1")
    second = simulated("--seed", seed, folder=tmp_path, hash_seed="77")

    assert first.startswith("trace ")
    assert first == second


@needs_compiler
@pytest.mark.timeout(600)
def test_few_seeds_break_no_law(tmp_path: Path) -> None:
    said = simulated("--seeds", str(FEW), "--processes", "1", folder=tmp_path)

    assert f"{FEW} seeds, 0 broke a law" in said


@needs_compiler
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_seed_breaks_a_law(tmp_path: Path) -> None:
    said = simulated("--seeds", str(SEEDS), folder=tmp_path)

    assert f"{SEEDS} seeds, 0 broke a law" in said


def test_each_law_has_two_planted_faults_at_least() -> None:
    # In a process of its own: the suite here is the whole one, with all its partitions.
    counts = """
from collections import Counter
import tests.simulation.small
from tests.simulation.planted import MUTANTS
counts = Counter(law for each in MUTANTS for law in each.laws)
print(len(MUTANTS), min(counts.values()), sum(bool(each.undone) for each in MUTANTS))
"""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'protos' / 'gen'}"}
    said = subprocess.run(
        [sys.executable, "-c", counts], env=environment, capture_output=True, text=True, check=True
    )
    planted, least, undone = map(int, said.stdout.split())

    assert planted >= 30
    assert least >= 2
    assert undone >= 10


def test_a_plan_is_reduced_to_the_steps_that_matter() -> None:
    tried: list[int] = []

    def breaks(numbers: object) -> bool:
        assert isinstance(numbers, list)
        tried.append(len(numbers))
        return {7, 61} <= set(numbers)

    assert [7, 61] == reduced(list(range(100)), breaks, lambda: len(tried) < 200)


def test_shrinking_ends_with_its_budget() -> None:
    runs = iter(range(3))

    assert len(reduced(list(range(64)), lambda _: True, lambda: next(runs, None) is not None)) < 64
