"""The list of commands imports none of them."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from services.cli.lazy import COMMANDS, imported
from services.cli.output import UNREACHABLE

HEAVY = {
    *("babel", "google.protobuf", "grpc", "h3", "httpx", "numpy", "pydantic", "pydantic_settings"),
    *("pyproj", "redis", "rich", "rustworkx", "shapely", "services.chassis", "services.client"),
}
"""Each takes longer to import than a quick command may take as a whole."""

LOADED = """
import sys
from services.cli import main
try:
    main()
finally:
    print("loaded", *sys.modules)
"""


def loaded_by(*words: str) -> tuple[str, set[str]]:
    """What a command prints in a process of its own, and the modules that it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True
    )
    *lines, modules = done.stdout.splitlines()
    assert modules.startswith("loaded ")
    return "\n".join(lines), set(modules.split()[1:])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    assert COMMANDS[name][1] == imported(name).help.partition("\n\n")[0]


def test_the_list_of_commands_imports_none_of_them() -> None:
    printed, modules = loaded_by("--help")
    assert not HEAVY & modules
    assert not {name for name in modules if name.startswith("services.cli.commands.")}
    said = " ".join(printed.split())
    assert all(f"{name} {says}" in said for name, (_, says) in COMMANDS.items())


def test_the_list_of_a_group_shows_whole_sentences() -> None:
    printed, _ = loaded_by("hold", "--help")
    assert "create Hold a basket at a store: `enrayon hold create osm-123 milk:2 bread:1`." in (
        " ".join(printed.split())
    )


@pytest.mark.parametrize(
    ("words", "says"), [(["nearest", "--help"], "--radius-m"), (["--version"], version("enrayon"))]
)
def test_help_and_version_import_nothing_heavy(words: list[str], says: str) -> None:
    printed, modules = loaded_by(*words)
    assert says in printed
    assert not HEAVY & modules


def test_a_nearest_query_imports_the_stubs_of_the_services_that_it_calls_only() -> None:
    nobody = {**os.environ, "ENRAYON_GRPC_PORT": "1", "ENRAYON_HOST": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "nearest", "60.1699", "24.9384"],
        capture_output=True,
        text=True,
        env=nobody,
    )
    assert (UNREACHABLE, True) == (done.returncode, "no services answer" in done.stderr)
    modules = set(done.stdout.splitlines()[-1].split())
    stubs = {name for name in modules if name.endswith("_pb2_grpc") and "enrayon" in name}
    assert stubs == {"enrayon.hours.v1.hours_pb2_grpc", "enrayon.stores.v1.stores_pb2_grpc"}
    assert not {"babel", "h3", "httpx", "numpy", "pyproj", "redis", "shapely"} & modules


def test_a_command_that_does_not_exist_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "neerest"], capture_output=True, text=True
    )
    assert 2 == done.returncode
    assert "neerest" in done.stderr
