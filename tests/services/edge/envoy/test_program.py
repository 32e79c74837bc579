"""The Envoy program: its configuration check, its socket, and its own port."""

import ipaddress
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.edge.envoy import Address, EnvoyError, Limits, command, render, validate
from services.edge.envoy.program import admin_socket
from tests.support.edge import Edge, free_address
from tests.support.stores_stub import SERVICE


def rendered(listen: Address, folder: Path) -> Path:
    path = folder / "envoy.json"
    config = render(
        [SERVICE],
        listen,
        Address("stores.example", 50051),
        apps={"/": Address("::1", 8000)},
        admin=folder / "envoy.sock",
        metrics=free_address(),
        trusted_hops=1,
        limits=Limits(100, 50, 500, {ipaddress.ip_network("203.0.113.0/24"): 10}),
        hosts=["shop.example", "[::1]"],
        allow_origins=["*", r"https://.*\.shop\.example"],
    )
    path.write_text(json.dumps(config))
    return path


def test_what_is_rendered_envoy_takes(tmp_path: Path) -> None:
    validate(rendered(free_address(), tmp_path))


def test_what_envoy_does_not_take_is_told_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "envoy.json").write_text('{"static_resources": {"listners": []}}')
    with pytest.raises(EnvoyError, match="listners"):
        validate(tmp_path / "envoy.json")


def test_the_same_is_rendered_every_time() -> None:
    here = free_address()
    assert render([SERVICE], here, here) == render([SERVICE], here, here)


def test_a_second_envoy_on_the_same_port_is_refused(edge: Edge, tmp_path: Path) -> None:
    second = subprocess.run(
        command(rendered(Address("127.0.0.1", edge.port), tmp_path)),
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert second.returncode != 0
    assert "Address already in use" in second.stderr


def test_a_platform_without_the_wheel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "envoy", None)
    with pytest.raises(EnvoyError, match="no Envoy for this platform"):
        command(Path("envoy.json"))


DEEP = Path("/", "x" * 100)
"""A data folder whose sockets have paths that are too long for the kernel."""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The short folder of sockets, where everybody may have made one; it is not made yet."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder) / f"enrayon-{os.getuid()}"


def test_the_short_folder_of_sockets_is_private_and_is_used_again(short: Path) -> None:
    assert short == admin_socket(DEEP).parent
    assert 0o700 == stat.S_IMODE(short.lstat().st_mode)
    assert admin_socket(DEEP) == admin_socket(DEEP)


def open_to_all(short: Path) -> None:
    short.mkdir()
    short.chmod(0o777)


def open_to_readers(short: Path) -> None:
    short.mkdir()
    short.chmod(0o750)


def linked(short: Path) -> None:
    target = short.with_name("target")
    target.mkdir(mode=0o700)
    short.symlink_to(target)


def linked_nowhere(short: Path) -> None:
    short.symlink_to(short.with_name("nowhere"))


def a_file(short: Path) -> None:
    short.touch(0o600)


@pytest.mark.parametrize("made", [open_to_all, open_to_readers, linked, linked_nowhere, a_file])
def test_a_short_folder_that_others_may_have_made_is_refused(
    short: Path, made: Callable[[Path], None]
) -> None:
    made(short)
    before = short.lstat()
    with pytest.raises(EnvoyError, match=re.escape(str(short))):
        admin_socket(DEEP)
    assert before == short.lstat()


def test_the_short_folder_of_another_user_is_refused(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = os.getuid() + 1
    short.with_name(f"enrayon-{other}").mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: other)
    with pytest.raises(EnvoyError, match="of this user alone"):
        admin_socket(DEEP)
