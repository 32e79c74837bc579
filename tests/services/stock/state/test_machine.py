"""Levels, holds, transfers and events against a plain model: whatever happens, the sums hold."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from services.chassis.database.client import connect
from services.chassis.settings import ChassisSettings
from services.stock.model.slots import Slot
from services.stock.state.holds import Holds, request_key
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from services.stock.state.slots import Slots
from tests.support.stock_state import (
    MINUTE,
    OTHER,
    STORE,
    T0,
    level,
    reserved,
    stated,
    told,
    updated,
)

STORES = (STORE, OTHER)
LIVES_ON_MS = 15 * MINUTE
"""Least life of a hold whose hand-over was undone."""
SKUS = ("milk", "bread")
SLOTS = (Slot(2, 1_700_000_000, 1_700_003_600), Slot(2, 1_700_003_600, 1_700_007_200))
CAPACITY = 2
URL = ""


class Shop(RuleBasedStateMachine):
    """Two stores, two products; the model is plain dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.client = connect(ChassisSettings(), URL)
        self.levels, self.holds = Levels(self.client), Holds(self.client)
        self.ledger = Ledger(self.client)
        self.now_ms = T0
        self.sequence = 1
        self.number = 0
        self.on_hand: dict[tuple[str, str], int] = {}
        self.held: dict[tuple[str, str], tuple[int, dict[str, int]]] = {}
        """Store and hold -> when it expires, SKU -> units."""
        self.slots = Slots(self.client)
        self.places: dict[tuple[str, str], Slot] = {}
        """Store and hold -> its slot."""
        self.collected: dict[tuple[str, str], tuple[int, dict[str, int]]] = {}
        """The same of holds that were collected."""
        self.told: dict[tuple[str, str], list[str]] = {}
        """Store and hold -> the types of its events; that of its expiry comes when it is ended."""

    def do(self, act: Any) -> Any:
        return self.loop.run_until_complete(act)

    def reserved_of(self, store: str, sku: str) -> int:
        return sum(
            units.get(sku, 0)
            for (at, _), (expires, units) in self.held.items()
            if at == store and expires > self.now_ms
        )

    def taken(self, store: str, slot: Slot) -> int:
        return sum(
            place == slot and at == store and self.held[at, id][0] > self.now_ms
            for (at, id), place in self.places.items()
        )

    def live(self) -> list[tuple[str, str]]:
        return sorted(key for key, (expires, _) in self.held.items() if expires > self.now_ms)

    @initialize()
    def empty(self) -> None:
        self.do(self.client.flushall())
        for store in STORES:
            self.feed(store, 6, 4)

    @rule(store=st.sampled_from(STORES), milk=st.integers(0, 9), bread=st.integers(0, 9))
    def feed(self, store: str, milk: int, bread: int) -> None:
        self.sequence += 1
        self.do(stated(self.levels, store, self.sequence, milk=milk, bread=bread))
        self.on_hand[store, "milk"], self.on_hand[store, "bread"] = milk, bread

    @rule(
        store=st.sampled_from(STORES),
        sku=st.sampled_from(SKUS),
        delta=st.integers(-3, 3).filter(bool),
        again=st.booleans(),
    )
    def sell(self, store: str, sku: str, delta: int, again: bool) -> None:
        self.sequence += 1
        for _ in range(1 + again):
            self.do(self.levels.adjust(store, "till", self.sequence, T0 // 1000, {sku: delta}))
        self.on_hand[store, sku] += delta

    @rule(
        store=st.sampled_from(STORES),
        milk=st.integers(0, 3),
        bread=st.integers(0, 3),
        ttl_ms=st.integers(1, 50),
        again=st.booleans(),
        slot=st.none() | st.sampled_from(SLOTS),
    )
    def hold(
        self, store: str, milk: int, bread: int, ttl_ms: int, again: bool, slot: Slot | None
    ) -> None:
        lines = {sku: n for sku, n in (("milk", milk), ("bread", bread)) if n}
        if not lines:
            return
        self.number += 1
        id = f"h{self.number}"
        request = request_key("a", "create", id, b"")
        fits = all(
            self.on_hand[store, sku] - self.reserved_of(store, sku) >= units
            for sku, units in lines.items()
        )
        has_place = slot is None or self.taken(store, slot) < CAPACITY
        refused = "short" if has_place else "full"
        fits = fits and has_place
        for turn in range(1 + again):
            outcome = self.do(
                reserved(
                    self.holds,
                    id,
                    store=store,
                    ttl_ms=ttl_ms,
                    now_ms=self.now_ms,
                    request=request,
                    slot=slot,
                    capacity=CAPACITY,
                    **lines,
                )
            )
            assert ("same" if turn and fits else "new" if fits else refused) == outcome.word
        if fits:
            self.held[store, id] = (self.now_ms + ttl_ms, lines)
            self.told[store, id] = ["confirmed"]
            if slot:
                self.places[store, id] = slot

    @rule(
        data=st.data(),
        milk=st.integers(0, 4),
        bread=st.integers(0, 4),
        slot=st.none() | st.sampled_from(SLOTS),
        again=st.booleans(),
    )
    def update(
        self, data: st.DataObject, milk: int, bread: int, slot: Slot | None, again: bool
    ) -> None:
        lines = {sku: n for sku, n in (("milk", milk), ("bread", bread)) if n}
        if not self.live() or not lines:
            return
        store, id = data.draw(st.sampled_from(self.live()))
        expires, units = self.held[store, id]
        self.number += 1
        request = request_key("a", "update", f"u{self.number}", b"")
        fits = all(
            self.on_hand[store, sku] - self.reserved_of(store, sku) >= wanted - units.get(sku, 0)
            for sku, wanted in lines.items()
            if wanted > units.get(sku, 0)
        )
        before = self.places.get((store, id))
        has_place = slot in (None, before) or self.taken(store, slot) < CAPACITY
        for turn in range(1 + again):
            outcome = self.do(
                updated(
                    self.holds,
                    id,
                    lines,
                    store=store,
                    slot=slot,
                    capacity=CAPACITY,
                    now_ms=self.now_ms,
                    request=request,
                )
            )
            word = "full" if not has_place else "short" if not fits else "same" if turn else "done"
            assert word == outcome.word
        if fits and has_place:
            self.told[store, id].append("updated")
            self.held[store, id] = (max(expires, self.now_ms + 1), lines)
            self.places.pop((store, id), None)
            if slot:
                self.places[store, id] = slot

    @rule(data=st.data(), kind=st.sampled_from(["cancel", "collect"]))
    def end(self, data: st.DataObject, kind: str) -> None:
        if not self.held:
            return
        store, id = data.draw(st.sampled_from(sorted(self.held)))
        expires, units = self.held.pop((store, id))
        self.places.pop((store, id), None)
        outcome = self.do(
            self.holds.transition(store, id, kind, argument={"all": True}, now_ms=self.now_ms)
        )
        assert ("done" if expires > self.now_ms else "expired") == outcome.word
        kinds = {"cancel": "canceled", "collect": "collected"}
        self.told[store, id].append(kinds[kind] if outcome.word == "done" else "expired")
        if kind == "collect" and outcome.word == "done":
            for sku, count in units.items():
                self.on_hand[store, sku] -= count
            self.collected[store, id] = (expires, units)

    @rule(data=st.data(), action=st.sampled_from(["prepare", "ready", "extend"]))
    def go_on(self, data: st.DataObject, action: str) -> None:
        if not self.live():
            return
        store, id = data.draw(st.sampled_from(self.live()))
        expires, units = self.held[store, id]
        argument = {"ttl": expires - self.now_ms + 5, "nt": []} if action == "extend" else {}
        outcome = self.do(
            self.holds.transition(store, id, action, argument=argument, now_ms=self.now_ms)
        )
        if outcome.word == "done":
            kinds = {"prepare": "preparing", "extend": "updated"}
            self.told[store, id].append(kinds.get(action, action))
            self.held[store, id] = (outcome.hold.expire_ms, units)

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        if not self.collected:
            return
        store, id = data.draw(st.sampled_from(sorted(self.collected)))
        expires, units = self.collected.pop((store, id))
        outcome = self.do(self.holds.undo(store, id, now_ms=self.now_ms))
        assert ("done", max(expires, self.now_ms + LIVES_ON_MS)) == (
            outcome.word,
            outcome.hold.expire_ms,
        )
        for sku, count in units.items():
            self.on_hand[store, sku] += count
        self.held[store, id] = (outcome.hold.expire_ms, units)
        self.told[store, id].append("undone")

    @rule(data=st.data())
    def miss(self, data: st.DataObject) -> None:
        if not self.live():
            return
        store, id = data.draw(st.sampled_from(self.live()))
        expires, units = self.held[store, id]
        sku = data.draw(st.sampled_from(sorted(units)))
        argument = {"l": {sku: 1}, "x": ""}
        outcome = self.do(
            self.holds.transition(store, id, "missing", argument=argument, now_ms=self.now_ms)
        )
        left = {**units, sku: units[sku] - 1}
        left = {sku: count for sku, count in left.items() if count}
        assert ("done", bool(left)) == (outcome.word, outcome.hold.is_live)
        self.held[store, id] = (expires, left)
        self.told[store, id].append("items_missing" if left else "canceled")
        if not left:
            del self.held[store, id]
            self.places.pop((store, id), None)

    @rule(data=st.data(), breaks_off=st.booleans())
    def transfer(self, data: st.DataObject, breaks_off: bool) -> None:
        if not self.live():
            return
        store, id = data.draw(st.sampled_from(self.live()))
        other = OTHER if store == STORE else STORE
        expires, units = self.held[store, id]
        self.number += 1
        there = f"h{self.number}"
        outcome = self.do(
            reserved(
                self.holds,
                there,
                store=other,
                ttl_ms=expires - self.now_ms,
                now_ms=self.now_ms,
                **units,
            )
        )
        if outcome.word != "new":
            return
        self.held[other, there] = (expires, units)
        self.told[other, there] = ["confirmed"]
        if breaks_off:
            return  # both are held until they expire
        moved = self.do(
            self.holds.transition(
                store, id, "moved", argument={"to": f"{other}/{there}"}, now_ms=self.now_ms
            )
        )
        assert "done" == moved.word
        self.told[store, id].append("transferred")
        del self.held[store, id]
        self.places.pop((store, id), None)

    @rule(passed_ms=st.integers(1, 30))
    def wait(self, passed_ms: int) -> None:
        self.now_ms += passed_ms

    @rule()
    def sweep(self) -> None:
        self.do(self.holds.sweep_all(now_ms=self.now_ms))

    @invariant()
    def levels_are_those_of_the_model(self) -> None:
        for (store, sku), on_hand in self.on_hand.items():
            found = self.do(level(self.levels, sku, store, self.now_ms))
            assert (on_hand, self.reserved_of(store, sku)) == (found.on_hand, found.reserved)

    @invariant()
    def places_are_those_of_the_model(self) -> None:
        for store in STORES:
            expected = [self.taken(store, slot) for slot in SLOTS]
            assert expected == self.do(self.slots.taken(store, SLOTS, self.now_ms))
            assert max(expected) <= CAPACITY

    @invariant()
    def each_change_told_one_event(self) -> None:
        self.check_events()

    def check_events(self, *, swept: bool = False) -> None:
        """Compare the events of each hold with the model; all expiries are there once swept."""
        found: dict[tuple[str, str], list[str]] = {}
        for store in STORES:
            for event in self.do(told(self.client, store)):
                id, _, revision = event.id.partition(".")
                types = found.setdefault((store, id), [])
                types.append(event.type.removeprefix("reservation."))
                assert len(types) == int(revision)
        for key, types in self.told.items():
            has_expired = key in self.held and self.held[key][0] <= self.now_ms
            whole = [*types, "expired"] if has_expired else types
            if swept or found[key] != types:
                assert whole == found[key]
        assert self.told.keys() == found.keys()

    def teardown(self) -> None:
        self.sweep()
        self.check_events(swept=True)
        assert [] == self.do(self.ledger.reconcile()).drifts
        self.do(self.client.aclose())
        self.loop.close()


@pytest.mark.parametrize(
    ("examples", "steps"), [(8, 50), pytest.param(25, 200, marks=pytest.mark.soak)]
)
def test_levels_holds_and_transfers_are_those_of_a_plain_model(database_url, examples, steps):
    global URL
    URL = database_url
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
