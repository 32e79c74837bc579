"""What another client sees while one address does its worst at the edge of a whole suite.

The attacker and the other client have different addresses of 127.0.0.0/8. The times are told and
not asserted, because the machine has other work; a refusal of the other client is a failure.
"""

import http.client
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.suite import Suite, started
from tests.support.paths import ROOT
from tests.support.ports import free_port

ATTACKER, OTHER = "127.0.0.66", "127.0.0.77"
FIND = "/v1/stores:findNearest?origin.place=Kamppi&page_size=3"
ROUNDS = 3
ROUND_S = 4.0
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
        return statistics.quantiles(self.ms, n=100)[98]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    class WithMetrics(Suite):
        def start(self) -> None:
            self.admin_port = free_port()
            self.environment["ENRAYON_EDGE_ADMIN_PORT"] = str(self.admin_port)
            del self.environment["ENRAYON_EDGE_REQUESTS_PER_S"]
            super().start()

    with started(WithMetrics, tmp_path_factory.mktemp("doors"), "--demo") as suite:
        yield suite


def look(suite: Suite) -> Seen:
    """Ask as one client does that opens a connection for each call, 50 times a second."""
    statuses, times_ms = [], []
    before_s, end = server_s(suite), time.monotonic() + ROUND_S
    while time.monotonic() < end:
        began = time.perf_counter()
        statuses.append(asked(suite.http_port))
        times_ms.append((time.perf_counter() - began) * 1000)
        time.sleep(max(0.0, 0.02 - times_ms[-1] / 1000))
    return Seen(statuses, times_ms, server_s(suite) - before_s)


def asked(port: int) -> int:
    """The status of one call; 0 for none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, 10, source_address=(OTHER, 0))
    try:
        connection.request("GET", FIND)
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


def under(suite: Suite, attack: str) -> tuple[str, list[Seen], list[Seen]]:
    """The attack's own words, and what the other client saw in each round without and with it.

    Without it a process that sends nothing takes as much of the processor as it may.
    """
    words, quiet, hostile = "", [], []
    for _ in range(ROUNDS):
        for name, seen in (("nothing", quiet), (attack, hostile)):
            command = [sys.executable, "-m", "tests.faults.attacks", name, str(suite.http_port)]
            with subprocess.Popen(
                [*command, ATTACKER, str(ROUND_S + 1)], cwd=ROOT, stdout=subprocess.PIPE, text=True
            ) as attacker:
                assert attacker.stdout
                assert "begun\n" == attacker.stdout.readline()
                time.sleep(1)
                seen.append(look(suite))
                words = attacker.stdout.read().strip()
    return words, quiet, hostile


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


@pytest.mark.parametrize("attack", ["bodies", "posts"])
def test_row_41_bodies_that_never_come_take_nothing_from_others(suite, figure, attack):
    words, quiet, hostile = under(suite, attack)
    figure(41, told(words, quiet, hostile))
    assert {200} == {status for seen in hostile for status in seen.statuses}


def test_row_42_idle_connections_take_nothing_from_others(suite, figure):
    ready = []
    words, quiet, hostile = under(suite, "idle")
    ready = [
        urllib.request.urlopen(f"http://127.0.0.1:{suite.admin_port}/ready", timeout=10).status
    ]
    figure(42, f"{told(words, quiet, hostile)}; /ready {ready[0]}")
    assert {200} == {status for seen in hostile for status in seen.statuses}


def test_row_45_rapid_resets_take_nothing_from_others(suite, figure):
    words, quiet, hostile = under(suite, "resets")
    figure(45, told(words, quiet, hostile))
    assert {200} == {status for seen in hostile for status in seen.statuses}
