"""Clients by their addresses, and calls that wait for a connection."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import grpc
import pytest
import redis.exceptions

from services.chassis.database.client import connect, many_script, next_entries
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.failures import as_service_error
from services.chassis.settings import ChassisSettings
from tests.services.certificates import Authority
from tests.support.database import blocked, connected

PACKAGE = "tests.services.chassis"
OURS, OTHERS = Authority("shop"), Authority("elsewhere")
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


async def test_a_unix_socket_in_a_path_with_a_space_is_reached(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    assert "a%20database" in valkey.url
    async with connected(settings, valkey.url) as client:
        assert await client.ping()


@pytest.mark.parametrize(
    "url",
    [
        "redis://:secret@db:6379/2",
        "rediss://db",
        "unix:///srv/en%20rayon/valkey.sock?db=1",
        "redis+cluster://user:secret@127.0.0.1:7000",
        "rediss+cluster://127.0.0.1:7000?ssl_ca_certs=/database-ca/ca.crt",
    ],
)
def test_a_client_is_made_without_a_connection(settings: ChassisSettings, url: str) -> None:
    connect(settings, url)


@asynccontextmanager
async def behind_tls(valkey: EmbeddedValkey, folder: Path) -> AsyncIterator[int]:
    """Yields a port that serves TLS in front of a Valkey, with a certificate for `localhost`."""
    key, certificate = OURS.issued("localhost")
    (folder / "tls.pem").write_bytes(key + certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "tls.pem")

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        target.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        socket = unquote(urlsplit(valkey.url).path)
        source, target = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pump(reader, target), pump(source, writer))

    async with await asyncio.start_server(join, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("host", "authority", "error"),
    [
        ("localhost", OURS, None),
        ("localhost", OTHERS, "CERTIFICATE_VERIFY_FAILED"),
        ("127.0.0.1", OURS, "mismatch"),
    ],
    ids=["ours", "another authority", "another name"],
)
async def test_the_certificate_of_a_database_is_checked(
    valkey: EmbeddedValkey,
    settings: ChassisSettings,
    tmp_path: Path,
    host: str,
    authority: Authority,
    error: str | None,
) -> None:
    ca = tmp_path / "ca.crt"
    ca.write_bytes(authority.certificate)
    async with (
        behind_tls(valkey, tmp_path) as port,
        connected(settings, f"rediss://{host}:{port}?ssl_ca_certs={ca}") as client,
    ):
        if error:
            with pytest.raises(redis.exceptions.ConnectionError, match=error):
                await client.ping()
        else:
            assert await client.ping()


async def test_a_call_waits_while_all_connections_are_in_use(
    url: str, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, url, database_connections=2) as client,
        connected(settings, url) as other,
    ):
        await client.set("town", "Helsinki")
        busy = [asyncio.create_task(client.blpop(["{x}queue"], timeout=0)) for _ in range(2)]
        await blocked(other, 2)
        calls = [asyncio.create_task(client.get("town")) for _ in range(50)]
        done, _ = await asyncio.wait(calls, timeout=0.1)
        assert not done
        await other.rpush("{x}queue", "a", "b")
        assert await asyncio.gather(*calls) == [b"Helsinki"] * 50
        assert {value for _, value in await asyncio.gather(*busy)} == {b"a", b"b"}


async def test_a_call_that_waits_too_long_for_a_connection_is_unavailable(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url, database_connections=1, database_timeout_s=0.3) as client:
        await client.ping()
        # One after the other they would take a second.
        calls = [client.blpop(["{x}queue"], timeout=0.2) for _ in range(5)]
        *_, last = await asyncio.gather(*calls, return_exceptions=True)
    assert str(last) == "No connection available."
    error = as_service_error(last)
    assert error is not None
    assert error.code is UNAVAILABLE


async def test_pipelines_wait_too_while_all_connections_are_in_use(
    url: str, settings: ChassisSettings
) -> None:
    async with connected(settings, url, database_connections=2) as client:
        count = many_script(client, PACKAGE, "count")
        runs = [count([(["{s1}n"], [1]), (["{s2}n"], [1])]) for _ in range(50)]
        for counted in zip(*await asyncio.gather(*runs), strict=True):
            assert sorted(counted) == list(range(1, 51))
        in_use, idle, most = client.connections()
        assert (in_use, most) == (0, 2)
        assert idle <= most


async def test_streams_of_a_cluster_are_followed_on_connections_of_their_own(
    cluster_url: str, settings: ChassisSettings
) -> None:
    async with (
        connected(settings, cluster_url, database_connections=1) as client,
        connected(settings, cluster_url) as other,
    ):
        streams = [f"{{s{number}}}stream" for number in range(9)]
        following = [asyncio.create_task(client.xread({each: "$"}, block=0)) for each in streams]
        await blocked(other, 9)
        await client.set("town", "Helsinki")
        assert await client.get("town") == b"Helsinki"
        assert client.connections()[0::2] == (0, 1)
        for each in streams:
            await other.xadd(each, {"shop": "Stockmann"})
        answers = await asyncio.gather(*following)
        assert [name.decode() for [[name, _]] in answers] == streams


async def test_all_keys_are_found_though_one_answer_does_not_hold_them(
    url: str, settings: ChassisSettings
) -> None:
    names = {f"key-{number}".encode() for number in range(3_000)}
    async with connected(settings, url) as client:
        pipeline = client.pipeline(transaction=False)
        for name in names:
            pipeline.set(name, 1)
        await pipeline.execute()
        assert names == {key async for key in client.scan_iter("key-*", count=100)}


async def test_a_late_reply_to_a_read_that_waits_is_never_that_of_another_command(
    settings: ChassisSettings,
) -> None:
    """The database hangs while a read waits, and answers it when the next command has come."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late = b""
        with suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while True:
                words = []
                for _ in range(int((await reader.readline())[1:])):
                    size = int((await reader.readline())[1:])
                    words.append((await reader.readexactly(size + 2))[:-2])
                if words[0] == b"XREAD":
                    late = b"%1\r\n$1\r\ns\r\n*0\r\n"
                else:
                    answers = {b"HELLO": b"%1\r\n$5\r\nproto\r\n:3\r\n", b"GET": b"$5\r\nvalue\r\n"}
                    writer.write(late + answers.get(words[0], b"+OK\r\n"))
                    late = b""
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    quick = settings.model_copy(update={"database_timeout_s": 0.2})
    async with connected(quick, f"redis://127.0.0.1:{port}") as client:
        with pytest.raises(redis.exceptions.TimeoutError):
            await next_entries(client, {"s": "0-0"}, 10, 0.05)
        assert b"value" == await client.get("key")
    server.close()
