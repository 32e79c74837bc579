"""What every test may use. `shared_data` is real data that is not part of the project."""

import csv
import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support.paths import SHARED_DATA

pytest_plugins = ("tests.support.fixtures",)

# No test is timed; CI looks at the same examples each time. `make soak` takes more of them.
hypothesis.settings.register_profile(
    "tests", deadline=None, derandomize=bool(os.environ.get("CI")), max_examples=40
)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=500)
hypothesis.settings.load_profile("tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make faults` takes figures from; group what `make test-more` runs together."""
    for item in items:
        if "figure" in getattr(item, "fixturenames", ()):
            item.add_marker("faults")
        item.add_marker(pytest.mark.xdist_group(group_of(item.path)))


def group_of(path: Path) -> str:
    """The tests that one worker runs: those of a file, or of several that share a demo.

    A demo starts in ten seconds of a processor. The locator's tests have two of them, since all
    on one would be the last to end.
    """
    shared = {"locator": f"locator {path.name >= 'test_g'}", "counter": "counter"}
    return shared.get(path.parent.name, str(path))


# A store on a busy machine is waited for, unless a test says how long.
os.environ.setdefault("ENRAYON_DATABASE_TIMEOUT_S", "20")


@pytest.fixture(scope="session", autouse=True)
def config_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The folder of the user's files, such as the backup key, is one of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """HTTP clients load no public authorities: none is called, and each load takes 40 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("authorities")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; the test skips where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real data in ../shared/data, which is not part of the project")
    return SHARED_DATA


@pytest.fixture(scope="session")
def shared_rows(shared_data: Path) -> Callable[[str], list[dict[str, str]]]:
    """Read a CSV of `shared_data` by its name, for example `stores_us`."""

    def rows(name: str) -> list[dict[str, str]]:
        with gzip.open(shared_data / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return rows


@pytest.fixture(scope="session")
def shared_json(shared_data: Path) -> Callable[[str], Any]:
    """Read a JSON or GeoJSON of `shared_data` by its name, for example `hours_cases_dev.json`."""

    def document(name: str) -> Any:
        return json.loads(gzip.decompress((shared_data / f"{name}.gz").read_bytes()))

    return document


@pytest.fixture
def figure(
    pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> Callable[[int, str], None]:
    """Tell what a test found about a row of the fault matrix; `make faults` collects it."""

    capture: Any = pytestconfig.pluginmanager.getplugin("capturemanager")

    def tell(row: int, line: str) -> None:
        record_property(f"row {row}", line)
        with capture.global_and_fixture_disabled():
            print(f"\nrow {row}: {line}")

    return tell
