"""The edge and the services authenticate each other by TLS."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import grpc
import httpx
import pytest
import uvicorn
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from starlette.applications import Starlette
from starlette.routing import Route

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.settings import ChassisSettings
from services.edge import app
from services.edge.envoy import Address, Certificate, Tls, render
from services.edge.settings import EdgeSettings
from tests.services.certificates import Authority
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"
OURS, OTHERS = Authority("shop"), Authority("elsewhere")

Given = Callable[[Authority, str], tuple[Path, Path]]


class Secured(NamedTuple):
    """A server with a certificate, which requires one of its clients."""

    port: int
    ca: Path


@pytest.fixture
def given(tmp_path: Path) -> Given:
    """Files of a certificate and of its key."""

    def write(authority: Authority, name: str) -> tuple[Path, Path]:
        key, certificate = authority.issued(name)
        files = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        for file, content in zip(files, (certificate, key), strict=True):
            file.write_bytes(content)
        return files

    return write


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[Secured]:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(OURS.certificate)
    server = grpc.aio.server()
    stores_pb2_grpc.add_StoresServiceServicer_to_server(Stub(), server)  # type: ignore[abstract]
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    credentials = grpc.ssl_server_credentials([OURS.issued("localhost")], OURS.certificate, True)
    port = server.add_secure_port("localhost:0", credentials)
    await server.start()
    yield Secured(port, ca)
    await server.stop(None)


@asynccontextmanager
async def edge_to(secured: Secured, tls: Tls, folder: Path) -> AsyncIterator[Edge]:
    config = render([SERVICE], free_address(), Address("localhost", secured.port), tls=tls)
    async with running(config, folder) as edge:
        yield edge


async def test_envoy_shows_a_certificate_of_ours(secured: Secured, given: Given, tmp_path: Path):
    tls = Tls(secured.ca, *given(OURS, "edge"))
    async with edge_to(secured, tls, tmp_path) as edge:
        assert (
            "Kauppa Öster “A/B”"
            == ((await edge.http.get(FIND)).json()["stores"][0]["store"]["displayName"])
        )


@pytest.mark.parametrize("shown", ["none", "another's", "the services'"])
async def test_without_the_right_certificates_nothing_is_reached(
    secured: Secured, given: Given, tmp_path: Path, shown: str
):
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(OTHERS.certificate)
    tls = {
        "none": lambda: Tls(secured.ca),
        "another's": lambda: Tls(secured.ca, *given(OTHERS, "edge")),
        "the services'": lambda: Tls(wrong, *given(OURS, "edge")),
    }[shown]()
    async with edge_to(secured, tls, tmp_path) as edge:
        assert 503 == (await edge.http.get(FIND)).status_code


async def test_the_application_shows_its_certificate_too(secured: Secured, given: Given):
    certificate, key = given(OURS, "edge")
    settings = EdgeSettings(
        edge_services_ca=secured.ca, edge_certificate=certificate, edge_certificate_key=key
    )
    found = []
    for edge in (settings, EdgeSettings(edge_services_ca=secured.ca)):
        built = app.build(f"localhost:{secured.port}", edge, [SERVICE])
        async with (
            built.router.lifespan_context(built),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(built), base_url="http://shops.example"
            ) as http,
        ):
            found.append((await http.get("/stores/osm-1")).status_code)
    assert [200, 503] == found


@pytest.mark.parametrize(
    "name", ["edge_certificate", "edge_tls_certificate", "edge_app_certificate"]
)
def test_a_certificate_without_its_key_is_refused_by_its_setting(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match=rf"ENRAYON_{name.upper()} and \w+_KEY must be set"):
        EdgeSettings.model_validate({name: tmp_path / "edge.pem"})


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    """The file of our authority."""
    path = tmp_path / "ours.pem"
    path.write_bytes(OURS.certificate)
    return path


async def test_the_edge_itself_serves_tls_to_http_and_grpc(
    secured: Secured, given: Given, ca: Path, tmp_path: Path
):
    config = render(
        [SERVICE],
        free_address(),
        Address("localhost", secured.port),
        tls=Tls(secured.ca, *given(OURS, "edge")),
        certificate=Certificate(*given(OURS, "localhost")),
    )
    async with running(config, tmp_path, ca) as edge:
        assert 200 == (await edge.http.get(FIND)).status_code
        for authority, expected in ((OURS, None), (OTHERS, grpc.StatusCode.UNAVAILABLE)):
            trust = grpc.ssl_channel_credentials(authority.certificate)
            async with grpc.aio.secure_channel(f"localhost:{edge.port}", trust) as channel:
                stub = stores_pb2_grpc.StoresServiceStub(channel)
                code = None
                try:
                    await stub.FindNearestStores(stores_pb2.FindNearestStoresRequest())
                except grpc.aio.AioRpcError as error:
                    code = error.code()
                assert expected == code
        async with httpx.AsyncClient() as plain:
            with pytest.raises(httpx.TransportError):
                await plain.get(f"http://localhost:{edge.port}{FIND}")


@pytest.mark.parametrize(("authority", "expected"), [(OURS, 200), (OTHERS, 503)])
async def test_the_application_serves_tls_and_envoy_checks_its_certificate(
    given: Given, ca: Path, tmp_path: Path, authority: Authority, expected: int
):
    settings = EdgeSettings.model_validate(
        dict(
            zip(
                ("edge_app_certificate", "edge_app_certificate_key"),
                given(authority, "localhost"),
                strict=True,
            )
        )
        | {"edge_app_port": free_address().port}
    )
    page = Starlette(routes=[Route(app.HEALTH_PATH, app.health)])
    server = uvicorn.Server(app.server_config(page, ChassisSettings(), settings))
    serving = asyncio.create_task(server.serve())
    config = render(
        [],
        free_address(),
        Address("localhost", free_address().port),
        apps={"/": Address("localhost", settings.edge_app_port)},
        app_tls=Tls(ca),
    )
    try:
        async with running(config, tmp_path) as edge:
            async with asyncio.timeout(20):
                while expected != (told := await edge.http.get(app.HEALTH_PATH)).status_code:
                    assert 503 == told.status_code, "not healthy yet"
                    await asyncio.sleep(0.05)
    finally:
        server.should_exit = True
        await serving
