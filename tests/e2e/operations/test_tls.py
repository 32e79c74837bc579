"""The settings of Kubernetes with TLS make a suite whose parts know each other by certificates."""

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import grpc
import httpx
import pytest

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.deploy.manifests import rendered, settings_of
from tests.e2e.suite import WAIT_S, wait_until
from tests.services.certificates import Authority
from tests.support.ports import free_port

AUTHORITY = Authority("enrayon")
PARTS = {"serve": "enrayon-services", "edge": "enrayon-application", "envoy": "enrayon-envoy"}
"""Each command with the common name of its certificate."""


class Secured(NamedTuple):
    """The running suite."""

    http: httpx.Client
    grpc_port: int
    logs: Path


@pytest.fixture(scope="module")
def secured(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    names = ("grpc_port", "edge_app_port", "http_port", "metrics_port", "edge_admin_port")
    ports = {name: free_port() for name in names}
    shared = settings_of(rendered("overlays/single-tls")) | {
        **{f"ENRAYON_{name.upper()}": str(port) for name, port in ports.items()},
        "ENRAYON_DATABASE_URL": database_url,
        "ENRAYON_STOCK_ALLOW_LOSS": "true",
        "ENRAYON_HOST": "127.0.0.1",
        "ENRAYON_EDGE_SERVICES": f"localhost:{ports['grpc_port']}",
        "ENRAYON_EDGE_APP": f"localhost:{ports['edge_app_port']}",
        "ENRAYON_EDGE_SECRET": "between us",
        "ENRAYON_KEYS": f"1:{'A' * 43}=",
        "ENRAYON_LINGER_S": "0",
        "ENRAYON_DRAIN_S": "1",
    }
    authority = folder / "ca.crt"
    authority.write_bytes(AUTHORITY.certificate)
    trust = ssl.create_default_context(cafile=authority)
    with ExitStack() as stack:
        for command, name in PARTS.items():
            start(stack, folder / command, command, name, shared)
        http = stack.enter_context(
            httpx.Client(
                base_url=f"https://localhost:{ports['http_port']}",
                headers={"host": "shops.example"},
                verify=trust,
                timeout=20,
            )
        )

        def ready() -> bool:
            try:
                return all(http.get(path).is_success for path in ("/readyz", "/openapi.json"))
            except httpx.TransportError:
                return False

        def logs() -> str:
            return "\n".join(path.read_text() for path in folder.glob("*/log"))

        wait_until(ready, logs)
        yield Secured(http, ports["grpc_port"], folder)


def start(stack: ExitStack, folder: Path, command: str, name: str, shared: dict[str, str]) -> None:
    """Start a part with a certificate of its own where its pod would mount it."""
    folder.mkdir()
    key, certificate = AUTHORITY.issued(name)
    for mount in ("tls", "public-tls"):
        (folder / mount).mkdir()
        (folder / mount / "tls.key").write_bytes(key)
        (folder / mount / "tls.crt").write_bytes(certificate)
        (folder / mount / "ca.crt").write_bytes(AUTHORITY.certificate)
    mounted = {
        name: f"{folder}{value}" if value.startswith(("/tls/", "/public-tls/")) else value
        for name, value in shared.items()
    }
    own = {"ENRAYON_DATA_DIR": str(folder / "data"), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", command],
        env={**mounted, **own},
        stdin=subprocess.DEVNULL,
        stdout=stack.enter_context((folder / "log").open("wb")),
        stderr=subprocess.STDOUT,
    )
    stack.callback(process.wait, WAIT_S)
    stack.callback(process.terminate)


def answered(http: httpx.Client, path: str) -> int:
    """The status of a path, once the application is not too busy for it."""
    for _ in range(20):
        if (status := http.get(path).status_code) != 503:
            return status
        time.sleep(0.5)
    return status


def test_a_client_reaches_services_and_application_by_tls_alone(secured: Secured):
    path = "/v1/stores:findNearest?origin.point.latitude=60.17&origin.point.longitude=24.94"
    assert 200 == secured.http.get(path).status_code
    assert 200 == secured.http.get("/").status_code
    # The application asked the services, which know no such store.
    assert 404 == answered(secured.http, "/stores/none")
    plain = str(secured.http.base_url).replace("https", "http")
    with pytest.raises(httpx.TransportError):
        httpx.get(plain)


def test_the_services_take_nobody_without_a_certificate_of_the_authority(secured: Secured):
    request = stores_pb2.GetStoreRequest(name="stores/none")
    codes = []
    for signer in (None, Authority("elsewhere"), AUTHORITY):
        shown = signer.issued("enrayon-envoy") if signer else (None, None)
        trust = grpc.ssl_channel_credentials(AUTHORITY.certificate, *shown)
        with grpc.secure_channel(f"localhost:{secured.grpc_port}", trust) as channel:
            with pytest.raises(grpc.RpcError) as raised:
                stores_pb2_grpc.StoresServiceStub(channel).GetStore(request, timeout=10)
            codes.append(raised.value.code())
    assert [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.NOT_FOUND,
    ] == codes


def test_no_part_says_the_secret(secured: Secured):
    told = [path.read_text() for path in secured.logs.glob("*/log")]
    assert len(PARTS) == len(told)
    assert not any("between us" in each for each in told)
    assert json.loads((secured.logs / "envoy" / "data" / "envoy.json").read_text())
