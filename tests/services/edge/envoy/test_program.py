"""The Envoy program: its configuration check, its socket, and its own port."""

import ipaddress
import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.edge.envoy import Address, EnvoyError, Limits, command, render, validate
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
