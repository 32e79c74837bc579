"""A supervisor in a process of its own, told to stop, and killed: nothing stays or is lost."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from services.chassis.database.embedded import EmbeddedValkey, running_url

# Another process that runs a supervisor, to be told and killed: a Valkey, and a child that starts
# a grandchild of its own.
PROGRAM = """
import asyncio, sys
from pathlib import Path
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.processes.supervisor import Child, Supervisor

folder = Path(sys.argv[1])
valkey = EmbeddedValkey(folder)
valkey.lock()

async def serving():
    return await asyncio.to_thread(valkey.state) == "PONG"

nested = '''
import os, subprocess, sys
from pathlib import Path
from services.chassis.processes.lifeline import lifeline
child = subprocess.Popen(lifeline(["/bin/sleep", "999"]))
folder = Path(sys.argv[1])
(folder / "child").write_text(str(os.getpid()))
(folder / "grandchild").write_text(str(child.pid))
child.wait()
'''

async def nested_is_up():
    return (folder / "grandchild").exists() and (folder / "grandchild").read_text() != ""

steps = [
    [Child("valkey", valkey.command(), serving, pass_fds=valkey.pass_fds)],
    [Child("serve", [sys.executable, "-c", nested, str(folder)], nested_is_up)],
]
supervisor = Supervisor(steps, folder / "logs", lambda text: print(text, flush=True))
asyncio.run(supervisor.run(lambda: print("started", flush=True)))
print("stopped", flush=True)
"""


@contextmanager
def suite_process(folder: Path, *prefix: str) -> Iterator["subprocess.Popen[str]"]:
    command = [*prefix, sys.executable, "-c", PROGRAM, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        try:
            yield process
        finally:
            process.kill()


def valkey_pid(url: str) -> int:
    with Redis.from_url(url) as redis:
        return int(redis.info("server")["process_id"])


def write(folder: Path, key: str) -> str:
    url = running_url(folder)
    assert url
    with Redis.from_url(url) as redis:
        redis.set(key, 1)
    return url


def ends(pidfds: list[int], within_s: float) -> bool:
    return all(select.select([pidfd], [], [], within_s)[0] for pidfd in pidfds)


def test_killing_the_supervisor_leaves_no_process_and_loses_nothing(tmp_path: Path) -> None:
    with suite_process(tmp_path) as process:
        url = write(tmp_path, "stores/helsinki")
        pids = [
            valkey_pid(url),
            *(int((tmp_path / n).read_text()) for n in ("child", "grandchild")),
        ]
        pidfds = [os.pidfd_open(pid) for pid in pids]
        assert not ends(pidfds, within_s=0)
        process.kill()
        assert ends(pidfds, within_s=20)
        for pidfd in pidfds:
            os.close(pidfd)
    with EmbeddedValkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        assert redis.get("stores/helsinki") == b"1"


def test_killing_valkey_loses_nothing_and_it_comes_back_at_the_same_address(tmp_path: Path) -> None:
    with suite_process(tmp_path) as process:
        assert process.stdout
        url = write(tmp_path, "stores/helsinki")
        os.kill(valkey_pid(url), signal.SIGKILL)
        assert process.stdout.readline() == (
            f"valkey was killed by SIGKILL; it is started again ({tmp_path}/logs/valkey.log)\n"
        )
        while running_url(tmp_path) != url:
            time.sleep(0.01)
        with Redis.from_url(url) as redis:
            assert redis.get("stores/helsinki") == b"1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_suite(number: signal.Signals, tmp_path: Path) -> None:
    with suite_process(tmp_path) as process:
        process.send_signal(number)
        assert process.stdout
        assert process.stdout.read() == "stopping; a second signal kills\nstopped\n"
        assert process.wait() == 0
    assert running_url(tmp_path) is None


def test_a_hang_up_under_nohup_is_ignored_and_an_interrupt_never(tmp_path: Path) -> None:
    ignoring = ["/bin/sh", "-c", 'trap "" HUP INT; exec "$@"', "sh"]
    with suite_process(tmp_path, *ignoring) as process:
        assert process.stdout
        process.send_signal(signal.SIGHUP)
        os.kill(valkey_pid(write(tmp_path, "k")), signal.SIGKILL)
        assert "it is started again" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "stopping; a second signal kills\nstopped\n"


def test_a_second_signal_kills(tmp_path: Path) -> None:
    with suite_process(tmp_path) as process:
        url = write(tmp_path, "k")
        os.kill(valkey_pid(url), signal.SIGSTOP)  # it cannot hear a SIGTERM
        process.send_signal(signal.SIGINT)
        assert process.stdout
        assert process.stdout.readline() == "stopping; a second signal kills\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "stopped\n"
    with EmbeddedValkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        assert redis.get("k") == b"1"
