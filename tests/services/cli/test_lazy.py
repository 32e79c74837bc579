"""The list of commands imports none of them."""

import subprocess
import sys

import pytest

from services.cli.lazy import COMMANDS, imported

LOADED = """
import sys
from services.cli import app
try:
    app(["--help"], standalone_mode=False)
finally:
    print("loaded", sorted({"grpc", "numpy", "services.chassis"} & set(sys.modules)))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    assert COMMANDS[name][1] == imported(name).help.partition("\n\n")[0]


def test_the_list_of_commands_imports_none_of_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert "loaded []" == done.stdout.splitlines()[-1]
    assert all(name in done.stdout for name in COMMANDS)


def test_a_command_that_does_not_exist_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "neerest"], capture_output=True, text=True
    )
    assert 2 == done.returncode
    assert "neerest" in done.stderr
