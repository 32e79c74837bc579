"""Promises of the suite, each looked at after every act of the database or at the end of a run.

A law that needs settings says so: with weaker ones the weaker promise is looked at.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2 as pb
from tests.simulation.clients import SECRET, STORES, Done
from tests.simulation.endpoints import Endpoint
from tests.simulation.mirror import LIVE, Change, Level, Mirror, Shop, Told
from tests.simulation.plan import MOST_SKEW_S, Plan
from tests.simulation.readings import COLLECTED, CURRENT_S, HELD, SKU, LevelTimes, OpenStates
from tests.simulation.upkeep import POP_UP

NEXT = {
    "": {"CONFIRMED"},
    "CONFIRMED": {"CONFIRMED", "PREPARING", "READY", "COLLECTED", "EXPIRED", "CANCELED"},
    "PREPARING": {"PREPARING", "READY", "COLLECTED", "EXPIRED", "CANCELED", "CONFIRMED"},
    "READY": {"READY", "COLLECTED", "EXPIRED", "CANCELED", "CONFIRMED"},
    "COLLECTED": {"COLLECTED", "CONFIRMED", "PREPARING", "READY"},  # undone
    "EXPIRED": {"EXPIRED"},
    "CANCELED": {"CANCELED"},
}
"""State of a hold -> those that may follow it."""
KEEP_ENDED_MS = 7 * 86_400_000
"""A hold that has ended can be read for so long."""


class Broken(Exception):
    """A law is broken; the text begins with its name."""

    def __init__(self, law: str, text: str) -> None:
        super().__init__(f"{law}: {text}")
        self.law = law


class Laws:
    """The laws of one run."""

    def __init__(self, plan: Plan, mirror: Mirror, now_ms: Callable[[], float]) -> None:
        self._plan = plan
        self.mirror = mirror
        self._now_ms = now_ms
        self.states: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        """Store and id of a hold -> revision -> state, as the log has them."""
        self.released: set[tuple[str, str]] = set()
        """Store and id of holds of which goods were released with a hand-over."""
        self.levels = LevelTimes()
        self.set_up_s = 0.0
        """When the first act began."""
        self.away: list[tuple[float, float]] = []
        """Stretches of the run, in seconds, in which the database answered nobody."""

    # After each act of the database.

    def applied(self, changes: Sequence[Change], told: Sequence[Told]) -> None:
        """Look at what one act has changed.

        Raises:
            Broken: a law.
        """
        by_store: defaultdict[str, list[Change]] = defaultdict(list)
        for change in changes:
            by_store[change.store].append(change)
        for store, some in by_store.items():
            shop = self.mirror.shops[store]
            self._sums(store, shop)
            self._moved_something(store, some)
            self._not_oversold(store, some)
            self._not_overbooked(store, shop, some)
            self._lives(store, some, told)
            self.levels.note(self._now_ms(), store, shop)

    def begin_anew(self, mirror: Mirror, changes: Sequence[Change]) -> None:
        """Take what the log has now: it was cut."""
        self.mirror = mirror
        self.states.clear()
        for store, shop in mirror.shops.items():
            self.levels.note(self._now_ms(), store, shop)
        for change in changes:
            if change.kind == "hold" and change.after:
                self.states[change.store, change.name][change.after["rev"]] = change.after["st"]

    def _sums(self, store: str, shop: Shop) -> None:
        """Units that levels say are reserved are those that live holds have."""
        held: defaultdict[str, int] = defaultdict(int)
        for hold in shop.live():
            for line in hold["l"]:
                held[line[SKU]] += line[HELD] - line[COLLECTED]
        for sku, level in shop.levels.items():
            if level.reserved != held[sku]:
                text = f"{store} {sku}: {level.reserved} are reserved, the holds have {held[sku]}"
                raise Broken("sums", text)

    def _moved_something(self, store: str, changes: Sequence[Change]) -> None:
        """A change of a hold gives no level a new version for nothing."""
        if not any(change.kind == "hold" for change in changes):
            return
        for change in changes:
            if change.kind == "level" and change.before and change.after:
                is_same = change.before._replace(version=0) == change.after._replace(version=0)
                if is_same and change.before.version != change.after.version:
                    raise Broken("versions", f"{store} {change.name} changed by nothing")

    def _not_oversold(self, store: str, changes: Sequence[Change]) -> None:
        """No act reserves units that are not there."""
        before: dict[str, Level] = {}
        after: dict[str, Level] = {}
        for change in changes:
            if change.kind == "level" and change.after is not None and change.before is not None:
                before.setdefault(change.name, change.before)
                after[change.name] = change.after
        for sku, level in after.items():
            grew = level.reserved > before[sku].reserved
            # An undone hand-over takes back what it gave away, whatever was sold since.
            if grew and level.on_hand <= before[sku].on_hand and level.free < 0:
                text = f"{store} {sku}: {-level.free} more are reserved than there are"
                raise Broken("not oversold", text)

    def _not_overbooked(self, store: str, shop: Shop, changes: Sequence[Change]) -> None:
        """A slot has as many places as its policy says, and counts those that holds have."""
        if not any(change.kind in ("slot", "hold") for change in changes):
            return
        taken: defaultdict[str, int] = defaultdict(int)
        for hold in shop.live():
            if hold.get("sl"):
                taken[f"{hold['sl'][0]}:{hold['sl'][1]:.0f}"] += 1
        for slot in {*taken, *shop.slots}:
            if taken[slot] != shop.slots.get(slot, 0):
                counted = shop.slots.get(slot, 0)
                text = f"{store} {slot}: {counted} are counted, holds have {taken[slot]}"
                raise Broken("slots", text)
        rules = self.mirror.policies.get(store, {}).get("slots") or []
        capacity = {int(rule[0]): int(rule[2]) for rule in rules}
        for change in changes:
            if change.kind == "slot" and (change.after or 0) > (change.before or 0):
                most = capacity.get(int(change.name.split(":")[0]), 0)
                is_undo = any(
                    c.kind == "hold" and c.before and c.before["st"] not in LIVE for c in changes
                )
                if change.after > most and not is_undo:
                    text = f"{store} {change.name}: {change.after} holds in {most} places"
                    raise Broken("not overbooked", text)

    def _lives(self, store: str, changes: Sequence[Change], told: Sequence[Told]) -> None:
        """A hold goes from state to state as it may, and each change of it tells one event."""
        events: defaultdict[str, list[Told]] = defaultdict(list)
        for each in told:
            if each.event.get("t", "").startswith("reservation."):
                events[each.event["id"]].append(each)
        for change in changes:
            if change.kind != "hold":
                continue
            before, after = change.before, change.after
            if after is None:
                if before["st"] in LIVE or before["e"] + KEEP_ENDED_MS > self._now_ms():
                    raise Broken("kept", f"{store} {change.name} was {before['st']} and is gone")
                continue
            state = before["st"] if before else ""
            if after["st"] not in NEXT[state]:
                text = f"{store} {change.name} went from {state or 'nothing'} to {after['st']}"
                raise Broken("lives", text)
            if after["st"] == "EXPIRED" and state != "EXPIRED" and before["x"] > self._now_ms() + 1:
                raise Broken("lives", f"{store} {change.name} expired before its time")
            if after["st"] in LIVE and not any(line[HELD] > line[COLLECTED] for line in after["l"]):
                raise Broken("empty", f"{store} {change.name} is live and holds nothing")
            is_undone = (after.get("uc") or {}).get("done") and not before["uc"].get("done")
            if is_undone and state in LIVE and after["st"] != state:
                raise Broken("states", f"{store} {change.name} went back to {after['st']}")
            if (after.get("uc") or {}).get("r"):  # an empty table is an empty list or object
                self.released.add((store, change.name))
            self.states[store, change.name][after["rev"]] = after["st"]
            self._told_once(store, change, events)

    def _told_once(self, store: str, change: Change, events: Mapping[str, Sequence[Told]]) -> None:
        before, after = change.before, change.after
        old = before["rev"] if before else 0
        if after["rev"] == old:
            if before and shown(before) != shown(after):
                raise Broken("told", f"{store} {change.name} changed without a revision")
            return
        if after["rev"] != old + 1:
            raise Broken("told", f"{store} {change.name} went from {old} to {after['rev']}")
        found = events.get(f"{change.name}.{after['rev']}", ())
        if not found and before and shown(before) == shown(after):
            return  # the first half of a transfer, or a telling of nothing new
        if len(found) != 1 or found[0].event["d"]["state"] != after["st"]:
            text = f"{store} {change.name} became {after['st']} and told {len(found)} events"
            raise Broken("told", text)

    # At the end.

    def at_end(self, done: Sequence[Done], endpoints: Mapping[str, Endpoint]) -> None:
        """Look at the whole run, once all is well again and has settled.

        Raises:
            Broken: a law.
        """
        self._all_answered(done)
        self._nothing_private(done)
        self._whole_walks(done)
        self._undone(done)
        self._levels_true(done)
        self._whole_searches(done)
        self._open_states(done)
        if self._plan.is_durable:
            self._acknowledged(done)
            self._holds_of_somebody(done)
            self._alerts_told()
            self._delivered(endpoints)
        self._erased(done)
        for name, endpoint in endpoints.items():
            self._in_order(name, endpoint)
            if self._plan.is_durable and "failover" not in self._plan.kinds:
                self._numbered(name, endpoint)
        self._expired_end()

    def _all_answered(self, done: Sequence[Done]) -> None:
        """Once all is well, every call is answered."""
        for each in done:
            if each.outcome == "unknown":
                raise Broken("answered", f"{each.kind} of step {each.step.number} has no answer")

    def _levels_true(self, done: Sequence[Done]) -> None:
        """A level that is told was so while its call lasted, and what is missing is named."""
        for each in done:
            if each.kind != "GetStockLevels" or each.outcome != "done":
                continue
            told = each.response
            self._names_what_lacks(each, bool(told.unreachable))
            for level in told.levels:
                is_known = level.band != pb.STOCK_BAND_UNKNOWN
                if is_known == bool(told.unreachable):
                    text = f"step {each.step.number} knows {is_known}, lacks {told.unreachable}"
                    raise Broken("degraded", text)
                if is_known and not self.levels.has(
                    level, self._ms(each.tried_s), self._ms(each.ended_s)
                ):
                    text = f"step {each.step.number} told {level.on_hand} {level.reserved}"
                    raise Broken("as of", f"{text} of {level.store} {level.product}")

    def _whole_searches(self, done: Sequence[Done]) -> None:
        """A search for a basket tells of every store, or of what is missing."""
        for each in done:
            if each.kind != "FindNearestAvailability" or each.outcome != "done":
                continue
            told = each.response
            self._names_what_lacks(each, bool(told.unreachable))
            if told.unreachable or told.HasField("as_of"):
                continue
            unknown = pb.LeftOutStore.REASON_STOCK_UNKNOWN
            known = {store.store for store in told.stores}
            known |= {store.store for store in told.left_out if store.reason != unknown}
            if each.began_s > self.set_up_s + CURRENT_S and not known.issuperset(
                f"stores/{store}" for store in STORES
            ):
                raise Broken("degraded", f"step {each.step.number} tells of {sorted(known)} alone")

    def _names_what_lacks(self, done: Done, is_named: bool) -> None:
        """While the database answers nobody, an answer says that stock is missing."""
        if not is_named and any(a < done.tried_s and done.ended_s < b for a, b in self.away):
            raise Broken("degraded", f"{done.kind} of step {done.step.number} names nothing")

    def _open_states(self, done: Sequence[Done]) -> None:
        """Open states are those of the hours that stores have, or had at `as_of`.

        Hours wait for no replica: after a loss, those of any change that was begun. A clock that
        was wrong makes `as_of` wrong.
        """
        kinds = self._plan.kinds
        is_kept = "failover" not in kinds and (self._plan.sync == "always" or "crash" not in kinds)
        stores = OpenStates(done)
        for each in done:
            if each.kind != "CheckOpenState" or each.outcome != "done":
                continue
            told, state = each.response, each.response.open_state
            current_s = each.tried_s - CURRENT_S
            if told.HasField("as_of"):
                current_s = told.as_of.ToMilliseconds() / 1000 - self._plan.began_s
            if not is_kept or "skew" in kinds:
                current_s = float("-inf")
            asked_s = each.request.at_time.seconds
            if asked_s and state.at_time.seconds != asked_s:
                raise Broken("open", f"step {each.step.number} answered of another instant")
            at = state.at_time.ToDatetime(dt.UTC)
            store = each.request.name.split("/")[1]
            states = stores.may_be(store, at, current_s - 0.1, each.ended_s)
            if state.state not in states:
                law = (
                    "as of"
                    if state.state in stores.may_be(store, at, float("-inf"), each.ended_s)
                    else "open"
                )
                name = hours_pb2.State.Name(state.state)
                raise Broken(law, f"step {each.step.number} told {name} of {store} at {at}")

    def _ms(self, run_s: float) -> float:
        """A time of the run, in ms since 1970."""
        return (self._plan.began_s + run_s) * 1000

    def _undone(self, done: Sequence[Done]) -> None:
        """A hand-over with which nothing was released is undone whatever was sold since."""
        for each in done:
            is_refused = each.outcome == "refused INSUFFICIENT_STOCK"
            if each.kind == "UndoCollectReservation" and is_refused:
                _, store, _, id = each.request.name.split("/")
                if (store, id) not in self.released:
                    raise Broken("undo", f"step {each.step.number} was refused")

    def _acknowledged(self, done: Sequence[Done]) -> None:
        """What was acknowledged of a hold is in the log; needs a durable database."""
        for each in done:
            if each.outcome == "done" and isinstance(each.response, pb.Reservation):
                _, store, _, id = each.response.name.split("/")
                state = pb.Reservation.State.Name(each.response.state).removeprefix("STATE_")
                kept = self.states[store, id].get(int(each.response.etag))
                is_read = each.kind == "GetReservation"
                if kept != state and not (is_read and state == "EXPIRED"):
                    name = f"{each.response.name} {each.response.etag}"
                    raise Broken("acknowledged", f"{each.kind} told {name} {state}, kept {kept}")

    def _holds_of_somebody(self, done: Sequence[Done]) -> None:
        """Of each hold its caller was told, or the owner of the alert that made it."""
        told = {
            each.response.name
            for each in done
            if each.outcome == "done" and isinstance(each.response, pb.Reservation)
        }
        for each in self.mirror.told:
            if each.event.get("t") == "alert.fired":
                told.add((each.event.get("d") or {}).get("reservation", ""))
        for store, shop in self.mirror.shops.items():
            for hold in shop.holds.values():
                name = f"stores/{store}/reservations/{hold['id']}"
                if name not in told and hold["st"] != "CANCELED":  # given up again
                    raise Broken("told of holds", f"nobody was told of {name}")

    def _alerts_told(self) -> None:
        """An alert that fired has told it, once; needs a durable database."""
        counts: defaultdict[str, int] = defaultdict(int)
        for each in self.mirror.told:
            if each.event.get("t") == "alert.fired":
                counts[each.event["id"].removesuffix(".fired")] += 1
        for id, count in counts.items():
            if count > 1:
                raise Broken("alerts", f"{id} fired {count} times")
        for name, alert in self.mirror.alerts.items():
            if alert.get("fired") and not counts[name.split()[1]]:
                raise Broken("alerts", f"{name} fired, and nobody was told")

    def _delivered(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Each event reaches each endpoint that wants it; needs a durable database.

        A worker judges the end of an event by its own clock, so one whose clock is an hour ahead
        drops an event that has an hour to live.
        """
        ahead_ms = MOST_SKEW_S * 1000 if "skew" in self._plan.kinds else 0
        for name, endpoint in endpoints.items():
            had = {post.id for post in endpoint.accepted}
            for each in self.mirror.told:
                kind = each.event.get("t", "")
                expires = each.event.get("x") or float("inf")
                is_wanted = kind.startswith(endpoint.wants) and expires > self._now_ms() + ahead_ms
                if is_wanted and each.event["id"] not in had:
                    raise Broken("delivered", f"{name} never had {kind} {each.event['id']}")

    def _in_order(self, name: str, endpoint: Endpoint) -> None:
        """An endpoint has the events of a subject in their order, each at its first coming."""
        order = {
            each.event["id"]: n for n, each in enumerate(self.mirror.told) if "id" in each.event
        }
        last: dict[str, int] = {}
        seen: set[str] = set()
        for post in endpoint.accepted:
            if post.id in seen or post.id not in order:
                continue
            seen.add(post.id)
            if order[post.id] < last.get(post.subject, -1):
                raise Broken("in order", f"{name} had {post.id} after later ones of {post.subject}")
            last[post.subject] = order[post.id]

    def _numbered(self, name: str, endpoint: Endpoint) -> None:
        """An endpoint has the events of a device by their numbers, each at its first coming."""
        last: dict[str, int] = {}
        seen: set[str] = set()
        for post in endpoint.accepted:
            if post.number and post.id not in seen:
                seen.add(post.id)
                if post.number <= last.get(post.subject, 0):
                    raise Broken("numbered", f"{name} had {post.id} after later ones")
                last[post.subject] = post.number

    def _erased(self, done: Sequence[Done]) -> None:
        """A device that was erased comes back as somebody else."""
        if not self._plan.is_durable or "failover" in self._plan.kinds:
            return  # erasures wait for no replica
        fixes = [e for e in done if e.kind == "ReportPosition" and e.outcome == "done"]
        for erased in done:
            if erased.kind != "EraseDevice" or erased.outcome != "done":
                continue
            own = [e for e in fixes if e.request.fix.device_id == erased.request.device_id]
            before = {e.response.result.subject for e in own if e.ended_s < erased.began_s}
            for later in own:
                if later.began_s > erased.ended_s and later.response.result.subject in before - {
                    ""
                }:
                    text = f"step {later.step.number} still knows who was erased before"
                    raise Broken("erased", text)

    def _nothing_private(self, done: Sequence[Done]) -> None:
        """No answer to a shopper names the private store."""
        for each in done:
            if each.step.number < 0 or each.outcome != "done":
                continue
            if SECRET in str(each.response) or (
                each.kind == "GetStore" and SECRET in each.request.name
            ):
                raise Broken("private", f"{each.kind} of step {each.step.number} tells of {SECRET}")

    def _whole_walks(self, done: Sequence[Done]) -> None:
        """A walk through pages sees every row once."""
        for each in done:
            if each.kind == "walk" and sorted(
                name for name in each.response if name != f"stores/{POP_UP}"
            ) != sorted(f"stores/{store}" for store in STORES):
                raise Broken("walks", f"step {each.step.number} saw {each.response}")

    def _expired_end(self) -> None:
        """Holds end when their time is over, and give their units back soon after."""
        for store, shop in self.mirror.shops.items():
            for hold in shop.live():
                if hold["x"] < self._now_ms() - 40_000:
                    raise Broken("expire", f"{store} {hold['id']} should have ended long ago")


def shown(hold: Mapping[str, object]) -> dict[str, object]:
    """What others see of a hold: without its revision, requests, trips and code."""
    return {
        name: value for name, value in hold.items() if name not in ("u", "rev", "rq", "ar", "cd")
    }
