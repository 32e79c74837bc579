"""Starts the processes of the suite on one machine, keeps them running, and stops them in order.

No `kill -9` leaves a process behind: a child ends with the supervisor (see
`services.chassis.processes.lifeline`), and the supervisor restarts a child that ended.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.chassis.processes.lifeline import lifeline
from services.chassis.processes.log_files import LOOK_S, last_lines, open_log, turn_over
from services.chassis.tasks import task_group

STEADY_S = 30.0  # a child that ran for this long counts as well again
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 10.0
MAX_FAILURES = 10  # in a row: half a minute of attempts


class ChildError(RuntimeError):
    """A child cannot be kept running; the text names it and shows the end of its log."""


async def _at_once() -> bool:
    return True


@dataclass(frozen=True)
class Child:
    """A program to run, and the conditions of its start and stop."""

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[bool]] = _at_once
    """Called after a start until it returns True."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment of this process."""
    pass_fds: tuple[int, ...] = ()
    before_stop: Callable[[], Awaitable[object]] = _at_once
    """Awaited before it is told to stop."""
    ready_s: float = 60.0
    """Time for a start, in seconds."""
    stop_s: float = 20.0
    """Time for a stop, in seconds; then the child is killed."""


class Supervisor:
    """Runs children. Each logs to `<name>.log` in a folder; `say` is called when one ends."""

    def __init__(
        self,
        steps: Sequence[Sequence[Child]],
        log_folder: Path,
        say: Callable[[str], None],
        ready: Callable[[str, float], None] = lambda _name, _took_s: None,
    ) -> None:
        """Prepare; `ready` is called with the name of each child that is ready, and its time."""
        self._ready = ready
        self._steps = [[_Process(child, log_folder, say) for child in step] for step in steps]
        self._processes = [process for step in self._steps for process in step]
        self._say = say
        self._stopping = asyncio.Event()

    async def run(self, started: Callable[[], None]) -> None:
        """Start the children step by step, call `started`, and keep them running.

        The children of a step start at the same time, once all of the step before are ready.

        SIGINT, SIGTERM and SIGHUP stop them, the last one first; a second signal kills them.

        Raises:
            ChildError: a child did not start, or ended again and again; all others are stopped.
        """
        loop = asyncio.get_running_loop()
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as `nohup` leaves it
            signals.append(signal.SIGHUP)
        for number in signals:
            loop.add_signal_handler(number, self._signalled)
        running = asyncio.create_task(self._keep_running(started))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            running.cancel()
            result = await asyncio.gather(running, stopping, return_exceptions=True)
            for process in reversed(self._processes):
                await process.stop()
            for number in signals:
                loop.remove_signal_handler(number)
        if isinstance(result[0], Exception):
            raise result[0]

    def stop(self) -> None:
        """Stop as if by a signal."""
        self._stopping.set()

    def _signalled(self) -> None:
        if self._stopping.is_set():
            for process in self._processes:
                process.kill()
        else:
            self._say("stopping; a second signal kills")
            self.stop()

    async def _keep_running(self, started: Callable[[], None]) -> None:
        async with task_group() as group:
            for step in self._steps:
                async with task_group() as starts:
                    for process in step:
                        starts.create_task(self._start(process))
                for process in step:
                    group.create_task(process.keep())
            started()
            group.create_task(self._keep_logs_short())

    async def _start(self, process: "_Process") -> None:
        began = time.monotonic()
        await process.start()
        self._ready(process.name, time.monotonic() - began)

    async def _keep_logs_short(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for process in self._processes:
                await asyncio.to_thread(turn_over, process.log)


class _Process:
    """A child, and the process that runs it now."""

    def __init__(self, child: Child, log_folder: Path, say: Callable[[str], None]) -> None:
        self._child = child
        self.name = child.name
        self.log = log_folder / f"{child.name}.log"
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._started_at = 0.0

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        child = self._child
        self._started_at = time.monotonic()
        with open_log(self.log) as log:
            self._process = await asyncio.create_subprocess_exec(
                *lifeline(child.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **child.env},
                pass_fds=child.pass_fds,
                start_new_session=True,  # a Ctrl-C is for the supervisor only
            )
        try:
            async with asyncio.timeout(child.ready_s):
                while not await child.ready():
                    if self._process.returncode is not None:
                        raise self._error(await self._ended())
                    await asyncio.sleep(0.02)
        except TimeoutError:
            await self.stop()
            raise self._error(f"was not ready in {child.ready_s:.0f} s") from None

    async def keep(self) -> None:
        """Restart it whenever it ends."""
        failures = 0
        while True:
            end = await self._ended()
            steady = time.monotonic() - self._started_at > STEADY_S
            failures = 1 if steady else failures + 1
            if failures > MAX_FAILURES:
                raise self._error(f"{end}, {failures} times in a row")
            self._say(f"{self._child.name} {end}; it is started again ({self.log})")
            await asyncio.sleep(min(FIRST_DELAY_S * 2 ** (failures - 1), LONGEST_DELAY_S))
            with contextlib.suppress(ChildError):
                await self.start()

    async def stop(self) -> None:
        """Stop it; kill it if it does not end in time."""
        if self._process is None:
            return
        try:
            async with asyncio.timeout(self._child.stop_s):
                if self._process.returncode is None:
                    await self._child.before_stop()
                self._process.terminate()
                await self._process.wait()
        except ProcessLookupError:
            pass
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End it at once."""
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def _ended(self) -> str:
        assert self._process
        code = await self._process.wait()
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def _error(self, what: str) -> ChildError:
        name, log = self._child.name, self.log
        return ChildError(f"{name} {what}; {log} ends:{last_lines(log)}")
