"""Decides the messages of rules: whom an event of a fence sends one, and what mutes it.

A message whose rule has a stock condition is never decided with the fix: it waits in the record of
its device, and the worker of timers, which finds it due at once, asks for the stock.
"""

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.schedule.model import State
from geodata.schedule.timeline import timeline
from services.directory.directory import Directory
from services.directory.keys import parse_store, store_id
from services.directory.shelves import AskShelf, Shelf
from services.directory.trading import not_open
from services.geofence import metrics
from services.geofence.convert.names import device_name, fence_id, shape_names
from services.geofence.convert.people import PRODUCTS
from services.geofence.model.caps import Marks, counted
from services.geofence.model.detection import Outcome
from services.geofence.model.people import Person
from services.geofence.model.rules import KEPT_MOST, Kept
from services.geofence.replica.feeds import Feeds
from services.geofence.replica.rules import CompiledRule
from services.geofence.replica.times import is_within

LIFETIME_MS = 600_000
"""Lifetime of a message whose rule names none."""
Closed = pb.Rule.ClosedStore
Lacking = pb.StockCondition.Lacking


class Verdict(NamedTuple):
    """What becomes of a message."""

    mute: "pb.Mute.ValueType" = pb.MUTE_UNSPECIFIED
    due_ms: int = 0
    """For a kept one: when it is decided anew."""
    available: frozenset[str] = frozenset()
    """For one that is sent: the SKUs for which it is, if stock counts."""


SEND = Verdict()


class Campaigns:
    """Decides by the rules, fences and stores of this process."""

    def __init__(self, feeds: Feeds, directory: Directory, ask_shelf: AskShelf) -> None:
        self._feeds = feeds
        self._directory = directory
        self._ask_shelf = ask_shelf

    async def shelves(self, outcomes: Sequence[Outcome], now_ms: int) -> Mapping[str, Shelf]:
        """The stock, by store, for which the messages that are due ask."""
        asked: defaultdict[str, set[str]] = defaultdict(set)
        for outcome in outcomes:
            person = outcome.person or outcome.was_known
            for kept in outcome.released:
                rule = self._feeds.rules.replica.by_id.get(kept.rule)
                if person and rule and rule.message.HasField("stock"):
                    asked[kept.store].update(rule.wanted(person, now_ms))
        answers = await asyncio.gather(*(self._ask_shelf(*each) for each in asked.items()))
        return dict(zip(asked, answers, strict=True))

    def tell(self, outcome: Outcome, shelves: Mapping[str, Shelf], now_ms: int) -> None:
        """Add the messages that the events of a device cause, and those that have waited.

        Args:
            outcome: Of the device.
            shelves: The stock for which those that have waited ask, by store.
            now_ms: The server's clock.
        """
        if not self._feeds.rules.is_loaded:
            return
        for events in outcome.events:
            for event in tuple(events):
                if event.fence and not event.mute and event.cause != pb.CAUSE_FENCE_DELETED:
                    self._meet(outcome, event, events, now_ms)
        for kept in outcome.released:
            rule = self._feeds.rules.replica.by_id.get(kept.rule)
            if rule is not None and not rule.message.disabled:
                shelf = shelves.get(kept.store)
                events = outcome.events[-1]
                self._send(outcome, rule, kept, pb.CAUSE_TIME, events, shelf, now_ms)

    def _meet(
        self, outcome: Outcome, event: pb.FenceEvent, events: list[pb.FenceEvent], now_ms: int
    ) -> None:
        store = store_id(event.store)
        encoded = self._directory.stores.replica.public(store) if store else None
        brand = parse_store(encoded).brand if encoded else ""
        replica = self._feeds.rules.replica
        fence = fence_id(event.fence)
        device_ms = event.device_time.ToMilliseconds()
        for rule in replica.of(fence, event.labels, store, brand):
            if event.event_type not in rule.types:
                continue
            message = rule.message
            lifetime_ms = message.lifetime.ToMilliseconds() or LIFETIME_MS
            shape = f"{fence}@{store}" if store else fence
            expire_ms = min(device_ms, now_ms) + lifetime_ms
            waiting = Kept(rule.id, shape, event.event_id, device_ms, now_ms, expire_ms)
            self._send(outcome, rule, waiting, event.cause, events, None, now_ms)

    def _send(
        self,
        outcome: Outcome,
        rule: CompiledRule,
        waiting: Kept,
        cause: "pb.Cause.ValueType",
        events: list[pb.FenceEvent],
        shelf: Shelf | None,
        now_ms: int,
    ) -> None:
        """Add one message, muted or not, unless it is not for this person or comes too late."""
        person = outcome.person or outcome.was_known
        if person is None or not rule.is_for(person, now_ms):
            return
        if waiting.expire_ms <= now_ms:
            metrics.RULE_MESSAGES.labels("EXPIRED").inc()
            return
        verdict = self._verdict(rule.message, waiting, outcome.after.kept, now_ms)
        counts: Marks | None = person.counts
        if verdict is SEND and rule.message.HasField("cap"):
            counts = self._counted(person, rule, now_ms)
            verdict = verdict if counts is not None else Verdict(pb.MUTE_FREQUENCY)
        if verdict is SEND and rule.message.HasField("stock"):
            if shelf is None and waiting.store and hand_over(outcome, waiting, now_ms):
                return
            verdict = in_stock(rule, person, waiting, shelf, now_ms)
        if not verdict.mute and counts is not None and counts != person.counts:
            outcome.person = replace(person, counts=counts)
        if verdict.due_ms:
            later = waiting._replace(due_ms=verdict.due_ms, is_told=True)
            outcome.after = replace(outcome.after, kept=(*outcome.after.kept, later))
            if waiting.is_told:
                return
        metrics.RULE_MESSAGES.labels(name_of(verdict.mute)).inc()
        events.append(message_event(outcome, rule, waiting, verdict, cause, now_ms))

    def _counted(self, person: Person, rule: CompiledRule, now_ms: int) -> Marks | None:
        """What is counted of a person with one more message; None if the cap is reached."""
        cap = rule.message.cap
        period_ms = cap.period.ToMilliseconds()
        counts = counted(person.counts, rule.id, cap.messages, period_ms, now_ms)
        existing = self._feeds.rules.replica.by_id
        return counts and tuple(mark for mark in counts if mark[0] in existing)

    def _verdict(self, rule: pb.Rule, waiting: Kept, kept: Sequence[Kept], now_ms: int) -> Verdict:
        """What mutes a message now, apart from its cap and stock."""
        store = waiting.store
        at = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC)
        if rule.HasField("active_hours") and not self._is_within(rule.active_hours, store, at):
            return Verdict(pb.MUTE_INACTIVE)
        if rule.HasField("quiet_hours") and self._is_within(rule.quiet_hours, store, at):
            return Verdict(pb.MUTE_QUIET_HOURS)
        if not store or rule.closed_store not in (
            Closed.CLOSED_STORE_DROP,
            Closed.CLOSED_STORE_KEEP,
        ):
            return SEND
        if not_open(self._directory, store, at):
            return Verdict(pb.MUTE_STORE_CLOSED)
        schedules = self._directory.schedules.of(store)
        hours = timeline(schedules.own) if schedules else None
        state = hours.state_at(at).state if hours else State.UNKNOWN
        if hours is None or state is State.UNKNOWN:
            return Verdict(pb.MUTE_HOURS_UNKNOWN)
        if state is State.OPEN:
            return SEND
        opening = hours.next_opening(at)
        due_ms = round(opening.timestamp() * 1000) if opening else waiting.expire_ms
        if (
            rule.closed_store == Closed.CLOSED_STORE_DROP
            or due_ms >= waiting.expire_ms
            or len(kept) >= KEPT_MOST
            or any((each.rule, each.shape) == (waiting.rule, waiting.shape) for each in kept)
        ):
            return Verdict(pb.MUTE_STORE_CLOSED)
        return Verdict(pb.MUTE_KEPT, due_ms)

    def _is_within(self, hours: pb.Hours, store: str, at: dt.datetime) -> bool:
        return is_within(self._directory, hours, store, at, local=True)


def hand_over(outcome: Outcome, waiting: Kept, now_ms: int) -> bool:
    """Have the worker decide a message, in place of one that waits there already.

    False if too many messages of the device wait.
    """
    others = [
        each
        for each in outcome.after.kept
        if (each.rule, each.shape) != (waiting.rule, waiting.shape)
    ]
    if len(others) >= KEPT_MOST:
        return False
    outcome.after = replace(outcome.after, kept=(*others, waiting._replace(due_ms=now_ms)))
    return True


def in_stock(
    rule: CompiledRule, person: Person, waiting: Kept, shelf: Shelf | None, now_ms: int
) -> Verdict:
    """What becomes of a message by the stock of its store; None if nobody was asked."""
    wanted = rule.wanted(person, now_ms)
    if shelf is not None and (available := shelf.available & wanted):
        return Verdict(available=available)
    is_kept = rule.message.stock.lacking == Lacking.LACKING_KEEP and shelf is not None
    if is_kept and (due_ms := waiting.look_again(now_ms)):
        return Verdict(pb.MUTE_KEPT, due_ms)
    is_unknown = shelf is None or not shelf.unknown.isdisjoint(wanted)
    return Verdict(pb.MUTE_STOCK_UNKNOWN if is_unknown else pb.MUTE_OUT_OF_STOCK)


def message_event(
    outcome: Outcome,
    rule: CompiledRule,
    waiting: Kept,
    verdict: Verdict,
    cause: "pb.Cause.ValueType",
    now_ms: int,
) -> pb.FenceEvent:
    """The event of a message; it takes the next number of the device."""
    state = outcome.after.state
    number = state.event_count + 1
    outcome.after = replace(outcome.after, state=replace(state, event_count=number))
    fence, store = shape_names(waiting.shape)
    # One that waited is another event than the one that told so.
    suffix = "-kept" if verdict.mute == pb.MUTE_KEPT else ""
    message = pb.FenceEvent(
        event_id=f"{waiting.cause}-{waiting.rule}{suffix}",
        event_type=pb.EVENT_TYPE_RULE_MESSAGE,
        cause=cause,
        subject=device_name(outcome.after.subject),
        fence=fence,
        store=store,
        number=number,
        mute=verdict.mute,
        rule=rule.message.name,
        # Of what the person looked at no name is written: deliveries add them.
        available_products=[PRODUCTS + sku for sku in sorted(verdict.available & rule.goods)],
        viewed_available=not verdict.available <= rule.goods,
    )
    message.labels.update(rule.message.labels)
    message.device_time.FromMilliseconds(waiting.device_ms)
    message.server_time.FromMilliseconds(now_ms)
    message.expire_time.FromMilliseconds(waiting.expire_ms)
    return message


def name_of(mute: "pb.Mute.ValueType") -> str:
    """What became of a message, for metrics."""
    return "SENT" if mute == pb.MUTE_UNSPECIFIED else pb.Mute.Name(mute).removeprefix("MUTE_")
