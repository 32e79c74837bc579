"""Takes in batches of positions: reads devices, decides, writes, and retries refused devices.

A batch is read in one round trip, decided in memory, and written in one round trip. A device that
another call changed in between is not written; it is read and decided again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.state import Fix
from services.chassis.clock import Clock
from services.chassis.errors import ConcurrentChanges, ResourceExhausted
from services.chassis.serving.commits import commit
from services.geofence import metrics
from services.geofence.convert import fixes as convert
from services.geofence.convert.names import device_name
from services.geofence.model.detection import Outcome
from services.geofence.model.devices import Device
from services.geofence.replica.feeds import Feeds
from services.geofence.resources.detection import Detection
from services.geofence.resources.devices import TRIES, Devices
from services.geofence.resources.roaming import LEAST, NOBODY, Roamed, Roaming
from services.geofence.state.devices import DeviceRecords, Written


class FixOutcome(NamedTuple):
    """The outcome of a fix, with its events."""

    outcome: "pb.FixResult.Outcome.ValueType"
    subject: str = ""
    """Empty if the database has no record of the device."""
    events: Sequence[pb.FenceEvent] = ()
    error: str = ""

    @property
    def message(self) -> pb.FixResult:
        """The outcome, as the contract has it."""
        return pb.FixResult(
            outcome=self.outcome,
            subject=device_name(self.subject),
            events=self.events,
            error=self.error,
        )


UNDECIDED = FixOutcome(pb.FixResult.OUTCOME_UNSPECIFIED)
NO_NEWS = FixOutcome(pb.FixResult.OUTCOME_APPLIED)
"""Of a fix that was applied and caused no event, in a brief batch."""


class _Work(NamedTuple):
    """The fixes of one device that are to be decided."""

    hashes: Sequence[bytes]
    indexes: list[int]
    """Indexes of the fixes in the batch."""
    fixes: list[Fix]


class _Decision(NamedTuple):
    """The changes of devices by a batch."""

    roamed: Roamed
    changed: list[tuple[_Work, Outcome]]
    unchanged: list[tuple[_Work, Outcome]]


class _Batch:
    """Fixes that came together, and the outcome of each."""

    def __init__(self, messages: Sequence[pb.Fix], now_ms: int, *, is_brief: bool) -> None:
        self.messages = messages
        self.now_ms = now_ms
        self._is_brief = is_brief
        self.outcomes = [UNDECIDED] * len(messages)
        self.by_device: defaultdict[str, list[int]] = defaultdict(list)
        """Indexes of the fixes of each device, by its id."""
        for index, message in enumerate(messages):
            self.by_device[message.device_id].append(index)

    def work(self, hashes: Sequence[bytes], indexes: Iterable[int]) -> list[_Work]:
        """The work on one device; none if no fix of it is valid. Fixes that are not are refused."""
        work = _Work(hashes, [], [])
        for index in indexes:
            try:
                work.fixes.append(convert.fix(self.messages[index], self.now_ms))
            except ValueError as fault:
                self.outcomes[index] = FixOutcome(pb.FixResult.OUTCOME_REFUSED, error=str(fault))
            else:
                work.indexes.append(index)
        return [work] if work.indexes else []

    def settle(self, decision: _Decision, written: Written) -> list[_Work]:
        """Note the outcomes of devices that were written or needed no write.

        Answers the work on the devices that other calls changed between the read and the write.
        """
        roamed, changed, unchanged = decision
        overtaken = []
        for (work, outcome), is_written in zip(changed, written.changes, strict=True):
            if is_written:
                self._note(work, outcome)
            else:
                overtaken.append(work)
        for work, outcome in unchanged:
            self._note(work, outcome)
        if self._is_brief:
            for index in chain.from_iterable(roamed.indexes):
                self.outcomes[index] = NO_NEWS
        else:
            for number, indexes in enumerate(roamed.indexes):
                applied = FixOutcome(pb.FixResult.OUTCOME_APPLIED, roamed.subject(number))
                for index in indexes:
                    self.outcomes[index] = applied
        return overtaken

    def _note(self, work: _Work, outcome: Outcome) -> None:
        after = outcome.after
        subject = after.subject if after.version or after.older else ""
        for index, verdict, events in zip(
            work.indexes, outcome.verdicts, outcome.events, strict=True
        ):
            self.outcomes[index] = FixOutcome(convert.OUTCOMES[verdict], subject, events)


class Positions:
    """Takes in fixes."""

    def __init__(
        self,
        records: DeviceRecords,
        devices: Devices,
        feeds: Feeds,
        detection: Detection,
        clock: Clock,
        batches: int,
    ) -> None:
        """Prepare to take in at most `batches` batches at once; more are refused."""
        self._records = records
        self._devices = devices
        self._feeds = feeds
        self._detection = detection
        self._clock = clock
        self._free_batches = batches

    async def report(
        self, messages: Sequence[pb.Fix], *, is_brief: bool = False
    ) -> list[FixOutcome]:
        """Take in fixes; answers the outcome of each. An invalid fix does not affect the others.

        Args:
            messages: The fixes.
            is_brief: True if nobody reads the subjects of applied fixes without events. They may
                be left out then.

        Raises:
            ResourceExhausted: too many batches wait for the database.
            BacklogFull: too many events wait for delivery.
            ConcurrentChanges: other fixes of the same devices keep coming.
            DatabaseUnavailable: the fences are not loaded.
        """
        if self._free_batches <= 0:
            raise ResourceExhausted("too many batches of fixes wait; send them again later")
        self._free_batches -= 1
        now_ms = round(self._clock().timestamp() * 1000)
        try:
            outcomes = await self._report(_Batch(messages, now_ms, is_brief=is_brief))
        finally:
            self._free_batches += 1
        metrics.count_fixes(each.outcome for each in outcomes)
        return outcomes

    async def _report(self, batch: _Batch) -> list[FixOutcome]:
        roaming = self._take_roaming(batch)
        work = self._work_on(batch, batch.by_device)
        for _ in range(TRIES):
            if not work and roaming is None:
                return batch.outcomes
            work, roaming = await self._step(batch, work, roaming), None
        raise ConcurrentChanges("other fixes of the same devices came in between; send them again")

    def _work_on(self, batch: _Batch, by_device: Mapping[str, Sequence[int]]) -> list[_Work]:
        """The work on devices, each with the indexes of its fixes."""
        hashes = self._devices.hashes_of(list(by_device))
        return list(chain.from_iterable(map(batch.work, hashes, by_device.values())))

    def _take_roaming(self, batch: _Batch) -> Roaming | None:
        """Take out of a batch the devices that may be decided in columns, if that pays."""
        if len(batch.messages) < LEAST or self._feeds.fences.replica.every_fix:
            return None
        roaming = Roaming.among(batch.messages, batch.by_device, self._devices.hashes_of)
        for indexes in roaming.indexes:
            del batch.by_device[batch.messages[indexes[0]].device_id]
        return roaming if roaming.indexes else None

    async def _step(
        self, batch: _Batch, work: Sequence[_Work], roaming: Roaming | None
    ) -> list[_Work]:
        """Read, decide and write; answers the work on devices that other calls have changed."""
        hashes = chain.from_iterable(each.hashes for each in work)
        if roaming is not None:
            hashes = chain(hashes, *roaming.hashes)
        records = await self._records.records(hashes)
        decision = await self._decide(batch, work, roaming, records)
        written = await self._write(decision)
        overtaken = [decision.roamed.indexes[number] for number in written.refused_heads]
        return batch.settle(decision, written) + self._work_on(
            batch, {batch.messages[indexes[0]].device_id: indexes for indexes in overtaken}
        )

    async def _decide(
        self,
        batch: _Batch,
        work: Sequence[_Work],
        roaming: Roaming | None,
        records: Mapping[bytes, bytes],
    ) -> _Decision:
        """Decide in columns if possible, and the rest one by one."""
        fences = self._feeds.fences.replica
        roamed = NOBODY
        if roaming is not None:
            decided = np.zeros(len(roaming.indexes), np.bool_)
            # A fence that reports every fix may have come while the records were read.
            if not fences.every_fix:
                roamed, decided = roaming.moved(fences.index, records, batch.now_ms)
            rest = (batch.work(*each) for each in roaming.rest(decided))
            work = [*work, *chain.from_iterable(rest)]
        devices = await self._devices_of(work, records, batch.now_ms)
        fixes = [(device, each.fixes) for device, each in zip(devices, work, strict=True)]
        decision = _Decision(roamed, [], [])
        for each, outcome in zip(
            work, self._detection.fixes(fences, fixes, batch.now_ms), strict=True
        ):
            (decision.changed if outcome.is_changed else decision.unchanged).append((each, outcome))
        return decision

    async def _write(self, decision: _Decision) -> Written:
        """Write the changes; answers those whose devices were as they had been read."""
        roamed, changed, unchanged = decision
        written = Written([], [])
        if roamed.indexes or changed:
            outcomes = [outcome for _, outcome in changed]
            written = await commit(self._devices.write_with(outcomes, roamed.heads))
        await self._records.replicated(outcome.before.stands_under for _, outcome in unchanged)
        return written

    async def _devices_of(
        self, work: Sequence[_Work], records: Mapping[bytes, bytes], now_ms: int
    ) -> list[Device]:
        """The device of each work, known or new."""
        hashes = [each.hashes for each in work]
        theirs = {hash: records[hash] for hash in chain.from_iterable(hashes) if hash in records}
        found = await self._records.current(theirs, now_ms)
        return await self._devices.chosen(hashes, found, now_ms)
