"""A backup of a running suite restores the same stores, stock, holds and keys elsewhere."""

import json
import shutil
from pathlib import Path

import pytest

from services.cli.output import FAILED
from tests.e2e.suite import Suite, chosen_database


@pytest.fixture(scope="module")
def copy(watched, tmp_path_factory) -> Path:
    file: Path = tmp_path_factory.mktemp("copy") / "enrayon.backup"
    done = watched.suite.command("backup", str(file))
    assert 0 == done.returncode, done.stderr
    return file


@pytest.fixture(scope="module")
def elsewhere(watched, copy, tmp_path_factory):
    """A suite with the same signing keys, started from the copy."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with chosen_database(folder / "database") as database:
        suite = Suite(folder / "data", database=database)
        suite.data_dir.mkdir(mode=0o700)
        shutil.copy(watched.suite.data_dir / "keys", suite.data_dir / "keys")
        done = suite.command("restore", str(copy))
        assert 0 == done.returncode, done.stderr
        assert "signing keys differ" not in done.stderr
        suite.start()
        yield suite
        suite.stop()


def test_the_copy_answers_as_the_first_does(watched, elsewhere):
    hold = watched.answers["hold"].json()
    for path in (
        "/v1/stores?page_size=1000",
        "/v1/products:search?query=milk",
        f"/v1/{hold['name']}",
    ):
        assert watched.suite.get(path) == elsewhere.get(path), path
    store = hold["name"].partition("/reservations/")[0]
    levels = [
        suite.get(f"/v1/{store}/stock:list?page_size=1000")["levels"]
        for suite in (watched.suite, elsewhere)
    ]
    assert levels[0] == levels[1]
    assert levels[0]


def test_nothing_drifts_in_the_copy(elsewhere):
    done = elsewhere.command("stock", "reconcile", "--json")
    assert 0 == done.returncode, done.stderr
    assert [] == json.loads(done.stdout).get("drifts", [])


def test_a_restore_into_a_database_that_is_not_empty_is_refused(elsewhere, copy):
    done = elsewhere.command("restore", str(copy))
    assert FAILED == done.returncode
    assert "not empty" in done.stderr
    assert "--replace" in done.stderr
