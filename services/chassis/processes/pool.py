"""A pool of child processes for work that would keep the event loop from all other calls.

A child is a program of its own (`worker.py`), never a fork of a server with gRPC in it. It gets
its work and gives the results over its pipes, so that it ends with the server even if that is
killed: it reads to the end of its input, and the kernel tells a busy one (see `lifeline`).
"""

import asyncio
import datetime as dt
import pickle
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog

from services.chassis.errors import ResourceExhausted, Unavailable
from services.chassis.processes.lifeline import lifeline
from services.chassis.processes.worker import HEAD
from services.chassis.processor import note
from services.chassis.tasks import finish

ATTEMPTS = 2
"""Times that work is begun of which a child died: it may have been killed by others."""
RETRY = dt.timedelta(seconds=2)
STOP_S = 2.0
LOOP_LIMIT = 64 * 1024 * 1024
"""The largest result."""

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()


class Lost(Exception):
    """The child ended before its work did."""


class Pool:
    """Children that run functions, each one function at a time."""

    def __init__(self, size: int, most_waiting: int, longest_s: float) -> None:
        """Prepare a pool; the children start when it is entered, or with the first work.

        Args:
            size: number of children.
            most_waiting: calls that may wait for a child; more are refused.
            longest_s: time that a function may take; its child is then replaced.
        """
        self._most_waiting = most_waiting
        self._longest_s = longest_s
        self._children = [_Child() for _ in range(size)]
        self._idle = list(self._children)
        self._turns = asyncio.Semaphore(size)
        self._waiting = 0
        self._running: set[asyncio.Task[bytes]] = set()

    async def start(self) -> None:
        """Start the children."""
        for child in self._children:
            await child.start()

    async def stop(self) -> None:
        """End the children."""
        for child in self._children:
            await child.stop()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of a module in a child, with arguments and a result that can be pickled.

        Raises:
            ResourceExhausted: too many calls wait, or the function takes too long.
            Unavailable: the child died twice.
            And what the function raises.
        """
        if self._waiting >= self._most_waiting and self._turns.locked():
            raise ResourceExhausted(
                "too many such calls are in progress; try again later", retry_after=RETRY
            )
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        # Not cancelled with the call: the child would have to be replaced.
        task = asyncio.create_task(self._work(pickle.dumps((function, args, kwargs))))
        self._running.add(task)
        task.add_done_callback(self._done)
        is_well, result, took_s = pickle.loads(await asyncio.shield(task))  # noqa: S301 of our own child
        note(took_s)
        if not is_well:
            raise result
        return result  # type: ignore[no-any-return]

    def _done(self, task: "asyncio.Task[bytes]") -> None:
        self._running.discard(task)
        self._turns.release()
        if not task.cancelled():
            task.exception()  # whoever waits for it has it too

    async def _work(self, data: bytes) -> bytes:
        child = self._idle.pop()
        try:
            async with asyncio.timeout(self._longest_s):
                for attempt in range(ATTEMPTS):
                    try:
                        return await child.answer(data)
                    except Lost:
                        log.warning("a child of the pool died", attempt=attempt)
                raise Unavailable("the work was lost; try again", retry_after=RETRY)
        except TimeoutError:
            log.warning("work in a child took too long", longest_s=self._longest_s)
            await finish(child.stop())
            raise ResourceExhausted(f"this takes more than {self._longest_s:g} s") from None
        finally:
            self._idle.append(child)


class _Child:
    """A child process, which is started again when it has ended."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it unless it runs."""
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *lifeline([sys.executable, "-m", "services.chassis.processes.worker"]),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LOOP_LIMIT,
                start_new_session=True,  # a Ctrl-C is for the server, which ends it
            )

    async def answer(self, data: bytes) -> bytes:
        """The answer to one message.

        Raises:
            Lost: the process has ended.
        """
        await self.start()
        process = self._process
        assert process
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(HEAD.pack(len(data)) + data)
            await process.stdin.drain()
            [size] = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
            return await process.stdout.readexactly(size)
        except (OSError, asyncio.IncompleteReadError):
            await finish(self.stop())
            raise Lost from None

    async def stop(self) -> None:
        """Kill it: it keeps nothing."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._process = None
