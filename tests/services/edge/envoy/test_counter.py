"""What one client address has open is bounded; other addresses are not hindered by it."""

import asyncio
import contextlib
import hashlib
import ipaddress
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.access.credentials import network_of
from services.edge.envoy import Address, Limits, counter, render
from services.edge.envoy.counter import CODE, SOURCE_SHA256, configuration
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"
BODY_THAT_NEVER_COMES = b"content-type: application/json\r\ncontent-length: 9\r\n\r\n"
Connect = Callable[[str], socket.socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections from an address of this machine; closes them at the end."""
    with contextlib.ExitStack() as stack:

        def from_(address: str) -> socket.socket:
            opened = stack.enter_context(socket.socket())
            opened.bind((address, 0))
            opened.settimeout(5)
            return opened

        yield from_


def test_the_filter_is_compiled_from_its_source() -> None:
    source = CODE.with_name("counter.c").read_bytes()
    assert SOURCE_SHA256 == hashlib.sha256(source).hexdigest(), "compile it: see the package"


def test_the_compiler_gives_the_same_bytes(tmp_path: Path) -> None:
    if find_spec("ziglang") is None:
        pytest.skip("needs the C compiler of ziglang 0.17.1, which is not among the dependencies")
    words = re.findall(r"^    (.*)", str(counter.__doc__), re.MULTILINE)
    _, *options = " ".join(words).split()
    made = tmp_path / "counter.wasm"
    options[options.index("counter.wasm")] = str(made)
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run([sys.executable, *options], cwd=CODE.parent, env=environment, check=True)
    assert CODE.read_bytes() == made.read_bytes()


def begin(connection: socket.socket, port: int, forwarded: str = "") -> None:
    """Send a request whose body never comes."""
    connection.connect(("127.0.0.1", port))
    told = f"x-forwarded-for: {forwarded}\r\n" if forwarded else ""
    connection.sendall(f"POST {FIND} HTTP/1.1\r\nhost: localhost\r\n{told}".encode())
    connection.sendall(BODY_THAT_NEVER_COMES)


async def answered(connections: list[socket.socket]) -> list[bytes]:
    """The first lines of what those got that got an answer."""
    await asyncio.sleep(0.5)
    lines = []
    for each in connections:
        each.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            lines.append(each.recv(1000).partition(b"\r\n")[0])
    return lines


@contextlib.asynccontextmanager
async def limited(
    upstream: tuple[Stub, Address], folder: Path, limits: Limits, hops: int = 0
) -> AsyncIterator[Edge]:
    config = render([SERVICE], free_address(), upstream[1], limits=limits, trusted_hops=hops)
    async with running(config, folder) as edge:
        async with asyncio.timeout(20):
            while (await edge.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
        yield edge


async def test_connections_of_an_address_have_a_limit_and_free_it_again(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path, connect: Connect
) -> None:
    async with limited(upstream, tmp_path, Limits(connections=20)) as edge:
        for _ in range(3):
            mine = [connect("127.0.0.9") for _ in range(50)]
            for each in mine:
                each.connect(("127.0.0.1", edge.port))
            other = connect("127.0.0.8")
            other.connect(("127.0.0.1", edge.port))
            assert [b""] * 30 == await answered(mine)
            assert [] == await answered([other])
            for each in [*mine, other]:
                each.close()
            await asyncio.sleep(0.2)


async def test_requests_in_progress_of_an_address_have_a_limit_and_free_it_again(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path, connect: Connect
) -> None:
    async with limited(upstream, tmp_path, Limits(requests=5)) as edge:
        for _ in range(3):
            mine = [connect("127.0.0.9") for _ in range(8)]
            for each in mine:
                begin(each, edge.port)
            assert [b"HTTP/1.1 429 Too Many Requests"] * 3 == await answered(mine)
            assert 200 == (await edge.http.get(FIND)).status_code
            for each in mine:
                each.close()
            await asyncio.sleep(0.2)


async def test_a_refusal_says_when_to_come_again(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    stub.hangs = True
    async with limited(upstream, tmp_path, Limits(requests=1)) as edge:
        first = asyncio.create_task(edge.http.get(FIND))
        async with asyncio.timeout(10):
            while not stub.requests:  # noqa: ASYNC110 no event
                await asyncio.sleep(0.01)
        second = await edge.http.get(FIND)
        stub.proceed.set()
        assert 200 == (await first).status_code
    assert (429, "1") == (second.status_code, second.headers["retry-after"])
    assert code_pb2.RESOURCE_EXHAUSTED == second.json()["code"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8::1", "2001:db8:0:0:1::"),
        ("1::2:3:4:5:6:7", "1:0:2:3:9::"),
        ("::1", "::2"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
async def test_one_client_is_an_ipv4_address_or_an_ipv6_network_of_64_bits(
    one: str,
    other: str,
    upstream: tuple[Stub, Address],
    stub: Stub,
    tmp_path: Path,
    connect: Connect,
) -> None:
    assert network_of(one) == network_of(other), "the services count alike"
    strangers = ["2001:db8:1:3::4", "2001:db9::1", "1:0:2:4::", "::1:0:0:0:0", "203.0.113.8"]
    async with limited(upstream, tmp_path, Limits(requests=1), hops=1) as edge:
        told = [one, other, *strangers]
        mine = [connect("127.0.0.9") for _ in told]
        for each, forwarded in zip(mine, told, strict=True):
            begin(each, edge.port, forwarded)
        assert [b"HTTP/1.1 429 Too Many Requests"] == await answered(mine)


async def test_a_known_network_may_take_more(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path, connect: Connect
) -> None:
    times = {ipaddress.ip_network("127.0.0.9/32"): 3, ipaddress.ip_network("2001:db8::/32"): 2}
    async with limited(upstream, tmp_path, Limits(0, 2, 0, times), hops=0) as edge:
        shop = [connect("127.0.0.9") for _ in range(8)]
        stranger = [connect("127.0.0.8") for _ in range(4)]
        for each in [*shop, *stranger]:
            begin(each, edge.port)
        assert (2, 2) == (len(await answered(shop)), len(await answered(stranger)))


async def test_a_known_network_may_ask_more_often(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    times = {ipaddress.ip_network("192.0.2.0/24"): 10}
    async with limited(upstream, tmp_path, Limits(1, 0, 0, times), hops=1) as edge:
        passed = dict.fromkeys(("192.0.2.7", "198.51.100.7"), 0)
        for address in passed:
            for _ in range(15):
                answer = await edge.http.get(FIND, headers={"x-forwarded-for": address})
                passed[address] += answer.status_code == 200
    assert 15 == passed["192.0.2.7"]
    assert 2 <= passed["198.51.100.7"] < 10


async def test_addresses_of_one_ipv6_network_share_a_rate(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    async with limited(upstream, tmp_path, Limits(1), hops=1) as edge:
        statuses = [
            (await edge.http.get(FIND, headers={"x-forwarded-for": f"2001:db8::{n}"})).status_code
            for n in range(20)
        ]
        other = await edge.http.get(FIND, headers={"x-forwarded-for": "2001:db8:0:1::1"})
    assert 10 < statuses.count(429)
    assert 200 == other.status_code


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_of_ipv4_holds_the_addresses_that_it_should(address, length):
    network = ipaddress.ip_network((address, length), strict=False)
    _, first, mask, limit = (int(n, 16) for n in configuration(2, {network: 3}).split())
    assert first == (0xFFFF << 32 | int(address)) & mask
    assert 6 == limit


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_a_network_of_ipv6_holds_the_addresses_that_it_should(address, length):
    network = ipaddress.ip_network((address, length), strict=False)
    _, first, mask, _ = (int(n, 16) for n in configuration(2, {network: 3}).split())
    assert first == (int(address) >> 64) & mask
