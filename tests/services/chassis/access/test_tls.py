"""Over TLS: who shows a certificate of ours is known by its name; who shows none is not let in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.access.gate import Gate
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role, Rule, Where
from services.chassis.access.settings import AccessSettings
from services.chassis.caller import current_caller
from services.chassis.clock import utc_now
from services.chassis.database.client import Client
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from tests.services.certificates import Authority
from tests.support.echo import SERVICE, methods

KAMPPI = Origin(place="Kamppi")
SAY = f"/{SERVICE}/Say"


OURS, OTHERS = Authority("shop"), Authority("elsewhere")


@pytest.fixture
async def port(settings: ChassisSettings, database: Client, tmp_path: Path) -> AsyncIterator[int]:
    """A server that asks for certificates."""
    key, certificate = OURS.issued("localhost")
    files = {"key.pem": key, "cert.pem": certificate, "ca.pem": OURS.certificate}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    access = AccessSettings(
        access="enforced",
        tls_certificate=tmp_path / "cert.pem",
        tls_key=tmp_path / "key.pem",
        tls_client_ca=tmp_path / "ca.pem",
        tls_admins=["office"],
        tls_proxies=["edge"],
    )

    def who(_: Origin) -> StringValue:
        caller = current_caller()
        stores = " ".join(sorted(caller.stores or ()))
        marks = f"{' admin' if caller.admin else ''}{' of ' if stores else ''}{stores}"
        return StringValue(value=f"{caller.id}{marks}")

    async with Gate(access, {SAY: Rule(Role.PUBLIC, Where.NOWHERE)}, database, utc_now) as gate:
        server = Server(settings, methods(say=who), gate)
        await server.start()
        yield server.port
        await server.stop()


async def say(port: int, client: tuple[bytes, bytes] | None, metadata: Any = ()) -> str:
    key, certificate = client or (None, None)
    credentials = grpc.ssl_channel_credentials(OURS.certificate, key, certificate)
    async with grpc.aio.secure_channel(f"localhost:{port}", credentials) as channel:
        stub: Any = channel.unary_unary(SAY, Origin.SerializeToString, StringValue.FromString)
        return str((await stub(KAMPPI, metadata=metadata, timeout=20)).value)


async def test_a_certificate_of_ours_says_who_calls(port: int):
    assert "tls/till-4" == await say(port, OURS.issued("till-4"))
    assert "tls/office admin" == await say(port, OURS.issued("office"))


async def test_a_certificate_of_shop_staff_names_its_stores(port: int):
    ours = ("enrayon:stores/us-1", "https://shop.example", "enrayon:stores/us-2")
    assert "tls/till-4 of stores/us-1 stores/us-2" == await say(port, OURS.issued("till-4", *ours))
    assert "tls/office of stores/us-1" == await say(port, OURS.issued("office", ours[0]))
    assert "tls/till-4" == await say(port, OURS.issued("till-4", "https://stores/us-1"))


@pytest.mark.parametrize(
    "uri", ["enrayon:", "enrayon:store/us-1", "ENRAYON:stores/us-1", "enrayon:stores/*"]
)
async def test_a_certificate_that_binds_to_no_store_is_refused(port: int, uri):
    for uris in ((uri,), ("enrayon:stores/us-1", uri)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await say(port, OURS.issued("till-4", *uris))
        assert grpc.StatusCode.UNAUTHENTICATED is refused.value.code()


async def test_behind_a_proxy_is_whoever_the_proxy_passes_on(port: int, database: Client):
    edge = OURS.issued("edge")
    key, token = new_key("chat", Role.CHANNEL, utc_now())
    await KeyStore(database).create(key)

    assert "anonymous" == await say(port, edge)
    assert "keys/chat" == await say(port, edge, [("x-api-key", token)])


@pytest.mark.parametrize("client", [None, OTHERS.issued("office")], ids=["none", "another's"])
async def test_without_a_certificate_of_ours_there_is_no_connection(port: int, client):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await say(port, client)
    assert grpc.StatusCode.UNAVAILABLE is refused.value.code()


async def test_without_tls_there_is_no_connection(port: int):
    async with grpc.aio.insecure_channel(f"localhost:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.unary_unary(SAY)(KAMPPI.SerializeToString(), timeout=20)
    assert grpc.StatusCode.UNAVAILABLE is refused.value.code()
