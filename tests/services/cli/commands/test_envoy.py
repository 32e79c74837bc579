"""`enrayon envoy` reads the addresses of the edge's parts from settings."""

import os
import tempfile
from pathlib import Path

import pytest

from services.cli.commands.envoy import address, envoy
from services.cli.output import CommandError
from services.edge.envoy import Address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("services:50051", Address("services", 50051)),
        ("[::1]:50051", Address("::1", 50051)),
        ("", Address("127.0.0.1", 80)),
    ],
)
def test_an_address_is_host_and_port_or_that_of_this_machine(text, expected):
    assert expected == address(text, "127.0.0.1", 80, "ENRAYON_EDGE_SERVICES")


@pytest.mark.parametrize("text", ["services", ":50051", "services:", "services:http", "50051"])
def test_what_is_no_address_names_its_setting(text):
    with pytest.raises(CommandError, match="ENRAYON_EDGE_SERVICES: must be host:port"):
        address(text, "127.0.0.1", 80, "ENRAYON_EDGE_SERVICES")


def test_a_folder_of_sockets_that_others_may_write_to_is_an_error_of_the_command(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("ENRAYON_DATA_DIR", str(Path("/", "x" * 100)))
    short = tmp_path / f"enrayon-{os.getuid()}"
    short.mkdir()
    short.chmod(0o777)
    with pytest.raises(CommandError, match="must be a folder of this user alone"):
        envoy(only_print=True)
