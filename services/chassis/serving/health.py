"""The parts of a process that are well or not, since when and why: for probes and metrics.

    reads      questions about stores and hours can be answered from memory
    directory  what is in memory is current
    database   Redis or Valkey answers
    writes     the database takes changes

A service with feeds of its own is one more part, by its full name. Only `reads` decides whether
the process as a whole is SERVING: without the database stores and hours are answered as of when
they were last current, so no balancer should turn away.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import structlog
from prometheus_client import Gauge

from services.chassis.clock import Clock, utc_now
from services.chassis.database.client import Client
from services.chassis.database.probe import database_reasons
from services.chassis.tasks import end

LOOK_EVERY_S = 3.0
STUCK_S = 30.0
"""An event loop that has not looked for this long is stuck."""

WELL = Gauge("enrayon_part_well", "Whether a part of the process is well.", ["part"])

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Part:
    """The state of a part."""

    reason: str
    """The reason why it is not well; empty when it is."""
    since: dt.datetime

    @property
    def is_well(self) -> bool:
        """True if it is well."""
        return not self.reason


Check = Callable[[], str]
"""Returns the reason why a part is not well, at once; empty when it is."""
Listener = Callable[[Mapping[str, Part]], Awaitable[None]]


class Health:
    """Looks at the parts of this process every few seconds, while it is entered."""

    def __init__(self, client: Client, checks: Mapping[str, Check], clock: Clock = utc_now) -> None:
        self._client = client
        self._checks = dict(checks)
        self._clock = clock
        self._parts: dict[str, Part] = {}
        self._looked_at = clock()
        self._listeners: list[Listener] = []
        self.is_started = False
        """True if the process does its work; the composition root sets it."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """The parts by name, as of the last look."""
        return MappingProxyType(self._parts)

    @property
    def is_ready(self) -> bool:
        """True if the process does its work, and can answer from memory."""
        return self.is_started and "reads" in self._parts and self._parts["reads"].is_well

    @property
    def is_alive(self) -> bool:
        """True if the event loop runs."""
        return self._clock() - self._looked_at < dt.timedelta(seconds=STUCK_S)

    def watch(self, name: str, check: Check) -> None:
        """Look at one more part, at once and from now on."""
        self._checks[name] = check
        self._note(name, check(), self._clock())

    async def listen(self, listener: Listener) -> None:
        """Call a function with the parts, now and after each look."""
        self._listeners.append(listener)
        await listener(self.parts)

    async def __aenter__(self) -> Self:
        """Look once, then again and again until the end."""
        await self.look()
        self._looking = asyncio.create_task(self._look_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        await end([self._looking])

    async def look(self) -> None:
        """Look once."""
        reasons = {name: check() for name, check in self._checks.items()}
        reasons["database"], reasons["writes"] = await database_reasons(self._client)
        self._looked_at = self._clock()
        for name, reason in reasons.items():
            self._note(name, reason, self._looked_at)

    def _note(self, name: str, reason: str, at: dt.datetime) -> None:
        before = self._parts.get(name)
        if before is not None and before.reason == reason:
            return
        self._parts[name] = Part(reason, at)
        WELL.labels(name).set(not reason)
        if reason:
            log.warning("a part is not well", part=name, reason=reason)
        elif before is not None:
            log.info("a part is well again", part=name)

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()
            for listener in self._listeners:
                await listener(self.parts)
