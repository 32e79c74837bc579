"""What another client sees while one address does its worst at the edge of a whole suite.

The attacker and the other client have different addresses of 127.0.0.0/8. The times are told and
not asserted, because the machine has other work; a refusal of the other client is a failure.
"""

import http.client
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.e2e.suite import Suite, started
from tests.support.paths import ROOT

ATTACKER, OTHER = "127.0.0.66", "127.0.0.77"
FIND = "/v1/stores:findNearest?origin.place=Kamppi&page_size=3"
DIRECT, BODY = "/v1/stores:findNearest", '{"origin": {"place": "Kamppi"}, "pageSize": 3}'
ROUNDS = 3
ROUND_S = 4.0
FEWEST = 20
"""Calls of a round on a machine that is too busy for more."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Seen(NamedTuple):
    """What the other client saw in a round."""

    statuses: list[int]
    ms: list[float]
    server_s: float
    """Processor time of the suite."""

    @property
    def p99_ms(self) -> float:
        """The time below which 99 of 100 calls stay."""
        return sorted(self.ms)[int(len(self.ms) * 0.99)]


class Limited(Suite):
    """A suite with the usual limits of the edge."""

    def start(self) -> None:
        """Start it, and wait for its greeting."""
        del self.environment["ENRAYON_EDGE_REQUESTS_PER_S"]
        super().start()


class Guarded(Limited):
    """A suite that lets an address without a key call five times."""

    def start(self) -> None:
        """Start it, and wait for its greeting."""
        self.environment |= {
            "ENRAYON_ACCESS": "enforced",
            "ENRAYON_LIMIT_PUBLIC_MS_PER_S": "0.002",
            "ENRAYON_LIMIT_BURST_S": "2500",
        }
        super().start()


class Priced(Limited):
    """A suite with the usual limits of callers."""

    def start(self) -> None:
        """Start it, and wait for its greeting."""
        self.environment |= {"ENRAYON_ACCESS": "enforced"}
        super().start()


@pytest.fixture(scope="module")
def suites(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Suite]]:
    with started(Priced, tmp_path_factory.mktemp("priced"), "--demo") as priced:
        yield {"open": suite, "enforced": priced}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with started(Limited, tmp_path_factory.mktemp("doors"), "--demo") as suite:
        yield suite


def look(suite: Suite) -> Seen:
    """Ask as one client does that opens a connection for each call, 50 times a second."""
    statuses: list[int] = []
    times_ms: list[float] = []
    before_s, end = server_s(suite), time.monotonic() + ROUND_S
    while time.monotonic() < end or len(statuses) < FEWEST:
        began = time.perf_counter()
        statuses.append(asked(suite.http_port, len(statuses)))
        times_ms.append((time.perf_counter() - began) * 1000)
        time.sleep(max(0.0, 0.02 - times_ms[-1] / 1000))
    return Seen(statuses, times_ms, server_s(suite) - before_s)


def asked(port: int, number: int) -> int:
    """The status of one call; 0 for none. Every second one is answered without the transcoder."""
    connection = http.client.HTTPConnection("127.0.0.1", port, 10, source_address=(OTHER, 0))
    try:
        if number % 2:
            connection.request("GET", FIND)
        else:
            connection.request("POST", DIRECT, BODY, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except OSError:
        return 0
    finally:
        connection.close()
    return answer.status


def server_s(suite: Suite) -> float:
    """Processor time of all processes of the suite, in seconds."""
    ticks = 0
    for pid in suite.processes():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:13])
    return ticks / TICKS_PER_S


def under(suite: Suite, attack: str, port: int = 0) -> tuple[str, list[Seen], list[Seen]]:
    """The attack's own words, and what the other client saw in each round without and with it.

    Without it a process that sends nothing takes as much of the processor as it may.
    """
    words = ""
    quiet: list[Seen] = []
    hostile: list[Seen] = []
    for _ in range(ROUNDS):
        for name, seen in (("nothing", quiet), (attack, hostile)):
            command = [sys.executable, "-m", "tests.faults.attacks", name]
            with subprocess.Popen(
                [*command, str(port or suite.http_port), ATTACKER, str(ROUND_S + 1)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            ) as attacker:
                assert attacker.stdout
                assert "begun\n" == attacker.stdout.readline()
                time.sleep(1)
                seen.append(look(suite))
                words = attacker.stdout.read().strip()
    return words, quiet, hostile


@contextmanager
def kernel_rule(port: int) -> Iterator[None]:
    """The rule of deploy/host for a port, while it is needed."""
    nft = shutil.which("nft", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if nft is None or os.geteuid() != 0:
        pytest.skip("needs root and nft (Debian: apt-get install nftables)")
    rule = (ROOT / "deploy" / "host" / "connections.nft").read_text("utf-8")
    assert "define port = 8080\n" in rule
    table = f"enrayon_{port}"
    rule = rule.replace("port = 8080", f"port = {port}").replace("inet enrayon", f"inet {table}")
    subprocess.run([nft, "-f", "-"], input=rule, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run([nft, "delete", "table", "inet", table], check=True)


def told(words: str, quiet: list[Seen], hostile: list[Seen]) -> str:
    """The figure of a row."""
    before, during = (statistics.median(s.p99_ms for s in seen) for seen in (quiet, hostile))
    calls = sum(len(seen.statuses) for seen in hostile)
    refused = sum(status != 200 for seen in hostile for status in seen.statuses)
    cpu = [statistics.median(s.server_s for s in seen) / ROUND_S * 100 for seen in (quiet, hostile)]
    return (
        f"{words}; another address: {refused} of {calls} calls refused, p99 {during:.0f} ms"
        f" ({before:.0f} ms when quiet, {during / before:.1f} times); servers' processor"
        f" {cpu[1]:.0f} % of a core ({cpu[0]:.0f} % when quiet)"
    )


@pytest.mark.long
@pytest.mark.parametrize("attack", ["bodies", "posts"])
def test_row_41_bodies_that_never_come_take_nothing_from_others(suite, figure, attack):
    words, quiet, hostile = under(suite, attack)
    figure(41, told(words, quiet, hostile))
    assert {200} == {status for seen in hostile for status in seen.statuses}


@pytest.mark.long
def test_row_42_idle_connections_take_nothing_from_others(suite, figure):
    words, quiet, hostile = under(suite, "idle")
    figure(42, told(words, quiet, hostile))
    assert {200} == {status for seen in hostile for status in seen.statuses}


@pytest.mark.long
def test_row_42_idle_connections_are_refused_by_the_kernels_rule(suite, figure):
    with kernel_rule(suite.http_port):
        words, quiet, hostile = under(suite, "idle")
    figure(42, f"with deploy/host/connections.nft: {told(words, quiet, hostile)}")
    assert {200} == {status for seen in hostile for status in seen.statuses}


@pytest.mark.long
@pytest.mark.parametrize("door", ["the edge", "the gRPC port"])
def test_row_43_streams_of_health_and_calls_without_a_message_shed_nobody(suite, figure, door):
    port = suite.http_port if door == "the edge" else suite.grpc_port
    words, quiet, hostile = under(suite, "watches", port)
    figure(43, f"at {door}: {told(words, quiet, hostile)}")
    assert {200} == {status for seen in hostile for status in seen.statuses}


@pytest.mark.long
@pytest.mark.parametrize("access", ["open", "enforced"])
@pytest.mark.parametrize("attack", ["dearest", "pictures"])
def test_row_44_the_dearest_requests_leave_others_their_answers(suites, figure, access, attack):
    suite = suites[access]
    words, quiet, hostile = under(suite, attack)
    figure(44, f"{attack}, access {access}: {told(words, quiet, hostile)}")
    assert "answered" in words
    assert {200} == {status for seen in hostile for status in seen.statuses}


@pytest.mark.long
def test_row_45_rapid_resets_take_nothing_from_others(suite, figure):
    words, quiet, hostile = under(suite, "resets")
    figure(45, told(words, quiet, hostile))
    assert {200} == {status for seen in hostile for status in seen.statuses}


def test_row_49_forged_addresses_move_no_limit(tmp_path, figure):
    def forged(number: int) -> list[tuple[str, str]]:
        address = f"203.0.{number // 256}.{number % 256}"
        kinds = (
            [("x-forwarded-for", address)],
            [("x-forwarded-for", f"{address}, 127.0.0.1")],
            [("x-forwarded-for", address), ("x-forwarded-for", "127.0.0.1, 127.0.0.1")],
            [("x-forwarded-for", address), ("x-enrayon-edge", ""), ("x-real-ip", address)],
            [("forwarded", f"for={address}"), ("x-envoy-external-address", address)],
        )
        return kinds[number % len(kinds)]

    with started(Guarded, tmp_path) as suite:
        base = f"http://127.0.0.1:{suite.http_port}"
        transport = httpx.HTTPTransport(local_address=ATTACKER)
        with httpx.Client(base_url=base, transport=transport, timeout=60) as http:
            paths = ["/v1/stores"] * 10 + ["/v1/stores/none"] * 10
            own = [http.get(path).status_code for path in paths]
            passed = 0
            for number in range(500):
                passed += http.get("/v1/stores", headers=forged(number)).status_code != 429
                direct = http.get("/v1/stores/none", headers=forged(number))
                passed += direct.status_code != 429 or "grpc-status" in direct.headers
                time.sleep(0.005)  # below the rate of the edge, so that the services refuse
        other = asked(suite.http_port, 0)

    figure(49, f"forged headers: {passed} of 1,000 calls passed; another address: {other}")
    assert {200, 429} <= set(own), "its own budget ends"
    assert (0, 200) == (passed, other)


def test_row_50_a_foreign_page_reads_and_writes_nothing(suite, figure):
    store = '{"stores": [{"name": "stores/x-1", "displayName": "x"}]}'
    call = '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
    doors = {
        "/v1/stores:upsert": f"[{store}]",
        "/v1/stores?store_id=x-1": '{"displayName": "x"}',
        "/mcp": call,
        "/ucp/locations/search": "{}",
        "/v1/pickupOptions:find": "{}",
    }
    page = {"origin": "https://evil.example"}
    plain = {"content-type": "text/plain"}
    json = {"content-type": "application/json"}
    accept = {"accept": "application/json, text/event-stream"}
    rebound = {"host": f"evil.example:{suite.http_port}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{suite.http_port}", timeout=60) as http:

        def stores() -> int:
            return int(http.get("/v1/stores?page_size=1").json()["totalSize"])

        before, statuses = stores(), []
        for path, body in doors.items():
            for headers in (plain, page | plain, page | json, rebound | json, rebound | plain, {}):
                content = body.encode()
                answer = http.post(path, content=content, headers={**accept, **headers})
                statuses.append(answer.status_code)
        paths = ("/v1/stores", "/", "/mcp", "/openapi.json", "/.well-known/ucp")
        statuses += [http.get(path, headers=rebound).status_code for path in paths]
        asking = page | {"access-control-request-method": "POST"}
        statuses.append(http.options("/v1/stores", headers=asking).status_code)
        from_page = {"referer": "https://shop.example/"}
        embedded = [http.get(path, headers=from_page).status_code for path in ("/embed.js", "/")]
        own = http.post("/mcp", content=call, headers={**accept, **json}).status_code
        after = stores()

    refused = sum(status in (403, 415) for status in statuses)
    figure(
        50,
        f"foreign pages, rebound names and types of forms: {refused} of {len(statuses)} requests"
        f" refused, {after - before} stores written; the embedded page answers",
    )
    assert len(statuses) == refused
    assert (before, [200, 200], 200) == (after, embedded, own)
