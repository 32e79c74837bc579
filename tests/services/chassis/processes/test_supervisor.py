"""The supervisor: the order of starts and stops, and what it does with a child that ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.chassis.processes import log_files, supervisor
from services.chassis.processes.supervisor import Child, ChildError, Supervisor

# Says `up`, then waits for SIGTERM and says `down`, each as a line of a file.
CHILD = """
import signal, sys

def say(what):
    with open(sys.argv[2], "a") as events:
        print(sys.argv[1], what, file=events)
    return what == "down" and sys.exit()

signal.signal(signal.SIGTERM, lambda *_: say("down"))
say("up")
signal.pause()
"""
PYTHON = [sys.executable, "-I", "-S", "-c"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY_S", 0.001)


class Suite:
    """What a supervisor of some children does, as seen from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []

    def child(self, name: str) -> Child:
        """One that writes to the file `events` when it is up and when it goes down."""
        command = [*PYTHON, CHILD, name, str(self.folder / "events")]
        return Child(name, command, lambda: self._has(f"{name} up"))

    async def _has(self, event: str) -> bool:
        return event in self.events

    @property
    def events(self) -> list[str]:
        path = self.folder / "events"
        return path.read_text().splitlines() if path.exists() else []

    def supervisor(self, *children: Child) -> Supervisor:
        """One that starts them one after the other."""
        return self.in_steps(*([child] for child in children))

    def in_steps(self, *steps: list[Child]) -> Supervisor:
        return Supervisor(steps, self.folder / "logs", self.said.append)

    @asynccontextmanager
    async def running(self, *children: Child) -> AsyncIterator[Supervisor]:
        """The children, all started; stopped in the end."""
        supervisor, started = self.supervisor(*children), asyncio.Event()
        run = asyncio.create_task(supervisor.run(started.set))
        starting = asyncio.create_task(started.wait())
        await asyncio.wait({run, starting}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield supervisor
        finally:
            starting.cancel()
            supervisor.stop()
            await run

    def pid(self, pid_file: str) -> int:
        return int((self.folder / pid_file).read_text())


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 other processes set no event
            await asyncio.sleep(0.005)


def written(path: Path) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return is_written(path)

    return check


def is_written(path: Path) -> bool:
    return path.exists() and path.read_text() != ""


async def test_children_start_in_order_and_stop_the_other_way_round(suite: Suite) -> None:
    async with suite.running(*(suite.child(name) for name in ("valkey", "serve", "envoy"))):
        pass
    assert suite.events == [
        "valkey up",
        "serve up",
        "envoy up",
        "envoy down",
        "serve down",
        "valkey down",
    ]
    assert suite.said == []


async def test_children_of_a_step_start_at_the_same_time(suite: Suite) -> None:
    async def both() -> bool:
        return {"serve up", "edge up"} <= set(suite.events)

    serve, edge = (replace(suite.child(name), ready=both) for name in ("serve", "edge"))
    step = suite.in_steps([suite.child("valkey")], [serve, edge], [suite.child("envoy")])
    await step.run(step.stop)
    assert "valkey up" == suite.events[0]
    assert {"serve up", "edge up"} == set(suite.events[1:3]), "each waits for the other"
    assert ["envoy up", "envoy down", "edge down", "serve down", "valkey down"] == suite.events[3:]


async def test_a_child_that_fails_stops_the_others_of_its_step(suite: Suite) -> None:
    async def never() -> bool:
        return False

    broken = Child("edge", ["/bin/sh", "-c", "exit 3"], never)
    with pytest.raises(ChildError, match="edge ended with code 3"):
        await suite.in_steps([suite.child("serve"), broken], [suite.child("envoy")]).run(
            lambda: pytest.fail("it did not start")
        )
    assert "envoy up" not in suite.events
    assert suite.events.count("serve up") == suite.events.count("serve down")


async def test_a_child_that_is_killed_is_started_again(suite: Suite) -> None:
    pid_file = suite.folder / "pid"
    command = ["/bin/sh", "-c", f"echo $$ > '{pid_file}'; exec sleep 999"]
    child = Child("serve", command, written(pid_file))
    async with suite.running(child):
        first = suite.pid("pid")
        os.kill(first, signal.SIGKILL)
        await until(lambda: pid_file.read_text().strip() not in ("", str(first)))
    log = suite.folder / "logs" / "serve.log"
    assert suite.said == [f"serve was killed by SIGKILL; it is started again ({log})"]


async def test_a_child_that_ends_again_and_again_is_given_up(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MAX_FAILURES", 3)
    broken = Child("work", ["/bin/sh", "-c", "echo no stream >&2; exit 3"])
    with pytest.raises(ChildError) as error:
        async with suite.running(suite.child("valkey"), broken):
            await until(lambda: "valkey down" in suite.events)
    log = suite.folder / "logs" / "work.log"
    assert str(error.value) == (
        f"work ended with code 3, 4 times in a row; {log} ends:" + 4 * "\n  no stream"
    )
    assert len(suite.said) == 3


async def test_a_child_that_has_been_well_for_long_begins_anew(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MAX_FAILURES", 1)
    monkeypatch.setattr(supervisor, "STEADY_S", 0.0)
    async with suite.running(Child("work", ["/bin/sh", "-c", "exit 3"])):
        await until(lambda: len(suite.said) > 5)


async def test_a_child_that_does_not_start_stops_the_others(suite: Suite) -> None:
    async def never() -> bool:
        return False

    broken = Child("serve", ["/bin/sh", "-c", "echo the port is taken; exit 1"], never)
    with pytest.raises(ChildError, match=r"(?s)serve ended with code 1; .*\n  the port is taken"):
        await suite.supervisor(suite.child("valkey"), broken, suite.child("envoy")).run(
            lambda: pytest.fail("it did not start")
        )
    assert suite.events == ["valkey up", "valkey down"]


async def test_a_child_that_is_never_ready_is_an_error(suite: Suite) -> None:
    async def never() -> bool:
        return False

    slow = Child("serve", ["/bin/sleep", "999"], never, ready_s=0.1)
    with pytest.raises(ChildError, match=r"serve was not ready in 0 s"):
        await suite.supervisor(slow).run(lambda: pytest.fail("it did not start"))


async def test_a_program_that_is_not_there_is_an_error(suite: Suite) -> None:
    async def never() -> bool:
        return False

    with pytest.raises(ChildError, match=r"cannot run /no/such: No such file or directory"):
        await suite.supervisor(Child("serve", ["/no/such"], never)).run(
            lambda: pytest.fail("it did not start")
        )


async def test_a_child_that_will_not_stop_is_killed(suite: Suite) -> None:
    ready = suite.folder / "ready"
    script = f"trap '' TERM; echo up > '{ready}'; exec sleep 999"
    deaf = Child("serve", ["/bin/sh", "-c", script], written(ready), stop_s=0.1)
    async with suite.running(suite.child("valkey"), deaf):
        pass
    assert suite.events == ["valkey up", "valkey down"]


async def test_a_child_has_its_environment_its_files_and_a_session_of_its_own(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENRAYON_HTTP_PORT", "8081")
    reader, writer = os.pipe()
    script = (
        "import os, sys; e = os.environ;"
        "print(e['ENRAYON_HTTP_PORT'], e['X'], os.getsid(0), file=open(int(sys.argv[1]), 'w'))"
    )
    command = [*PYTHON, script, str(writer)]
    async with suite.running(Child("serve", command, env={"X": "y"}, pass_fds=(writer,))):
        os.close(writer)
        with os.fdopen(reader) as answer:
            port, x, session = answer.readline().split()
    assert (port, x) == ("8081", "y")
    assert int(session) != os.getsid(0)  # a Ctrl-C of the terminal does not reach it


async def test_a_long_log_is_set_aside_at_a_start(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "MAX_BYTES", 10)
    for _ in range(3):
        out = suite.folder / "out"
        command = ["/bin/sh", "-c", f"echo a line of a log; echo > '{out}'; exec sleep 999"]
        async with suite.running(Child("serve", command, written(out))):
            out.unlink(missing_ok=True)
    logs = {log.name: log.read_text() for log in (suite.folder / "logs").iterdir()}
    assert logs == dict.fromkeys(("serve.log", "serve.log.1"), "a line of a log\n")


async def test_the_log_of_a_child_that_runs_on_stays_short(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "MAX_BYTES", 1000)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.01)
    out = suite.folder / "out"
    script = (
        f"n=0; while [ $n -lt 3000 ]; do echo a line of a log $n; n=$((n+1)); done;"
        f" sleep 0.2; echo the last line; echo > '{out}'; exec sleep 999"
    )
    async with suite.running(Child("envoy", ["/bin/sh", "-c", script])):
        await until(lambda: is_written(out))
        log = suite.folder / "logs" / "envoy.log"
        assert 1000 < log.with_name("envoy.log.1").stat().st_size < 80_000
        text = log.read_text()
        assert text.endswith("the last line\n")
        assert "\0" not in text, "it goes on at the begin"
        assert len(text) < 1_100
