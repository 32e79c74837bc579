"""Faults that are planted one at a time: a law of the simulation must find each.

A fault changes a part of a Lua file, or of a class. `undone` names the commit whose mend it takes
back; such a fault was once in this repository.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import redis.exceptions

from services.chassis.database import client, replication


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    name: str
    steps: str
    """Kinds of acts and faults by which it is reached."""
    laws: tuple[str, ...]
    """The laws that may find it."""
    plant: Callable[[], None]
    undone: str = ""
    """The commit whose mend it takes back, by its hash or its subject."""
    is_known: bool = False
    """True if `tests/faults/mutants.py` has it too."""

    @property
    def by(self) -> list[str]:
        """The kinds of `steps`."""
        return self.steps.split()


def lua(script: str, *changes: tuple[str, str]) -> Callable[[], None]:
    """Changes the text of a script: `reserve`, or `write` of the directory."""

    def plant() -> None:
        real = client.script_text

        def changed(package: str, name: str, libraries: Any = ()) -> tuple[str, str]:
            text, digest = real(package, name, libraries)
            if name == script:
                for old, new in changes:
                    if old not in text:
                        raise LookupError(f"{name}.lua has no {old!r} any more")
                    text = text.replace(old, new)
                digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            return text, digest

        client.script_text = changed

    return plant


def everywhere(*changes: tuple[str, str]) -> Callable[[], None]:
    """Changes the library of stock in each script that has it."""

    def plant() -> None:
        real = client.script_text

        def changed(package: str, name: str, libraries: Any = ()) -> tuple[str, str]:
            text, digest = real(package, name, libraries)
            if package == "services.stock" and libraries:
                for old, new in changes:
                    if old not in text:
                        raise LookupError(f"library.lua has no {old!r} any more")
                    text = text.replace(old, new)
                digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            return text, digest

        client.script_text = changed

    return plant


def both(*plants: Callable[[], None]) -> Callable[[], None]:
    """Plants several changes."""

    def plant() -> None:
        for each in plants:
            each()

    return plant


def attribute(owner: Callable[[], Any], **changes: Any) -> Callable[[], None]:
    """Changes attributes of a class or a module."""

    def plant() -> None:
        found = owner()
        for name, value in changes.items():
            if not hasattr(found, name):
                raise LookupError(f"{found} has no {name} any more")
            setattr(found, name, value)

    return plant


def deliverer() -> Any:
    from services.events.worker.deliveries import Deliverer

    return Deliverer


def alert_firing() -> Any:
    from services.stock.resources.alert_firing import AlertFiring

    return AlertFiring


def reservations() -> Any:
    from services.stock.resources.reservations import Reservations

    return Reservations


def stores_replica() -> Any:
    from services.directory.stores import StoresReplica

    return StoresReplica


async def _forgets_failures(self: Any, place: Any, last: str, failed: Any, again_ms: int) -> bool:
    return bool(await self._delivery.settle(place, self._holder, last, [], again_ms))


async def _settles_late(self: Any, place: Any, last: str, failed: Any, again_ms: int) -> bool:
    """Moves the cursor alone, and then queues what failed."""
    await self._delivery.settle(place, self._holder, last, [], again_ms)
    events = [(subject, told.kept) for subject, told in failed]
    return bool(await self._delivery.settle(place, self._holder, last, events, again_ms))


async def _told_before_dropped(self: Any, claim: Any, alert: Any) -> bool:
    """As it was before a first worker decided on the hold of an alert."""
    from services.stock.model.holds import Hold
    from services.stock.resources.alert_firing import fired_event

    hold = None
    if alert.hold:
        made = await self.holds.make(alert, alert.hold, claim)
        if made is None:
            await self.alerts.settle(claim.owner, claim.alert, "again", claim.id)
            await self._let_go(claim, alert, waits_on=True)
            return False
        if isinstance(made, Hold):
            hold = made
            await self.matching.free(claim)
        else:
            claim = claim._replace(found=claim.found._replace(refusal=made))
    return bool(await self.matching.drop(claim, fired_event(claim, alert, hold).text))


async def _dropped_first(self: Any, claim: Any) -> bool:
    """Drops a claim, then fires its alert."""
    await self.matching.drop(claim)
    word, alert = await self.alerts.settle(
        claim.owner, claim.alert, "fire", claim.id, claim.found.text
    )
    return bool(word == "done" and alert and await self._fired(claim, alert))


def _stale_reply() -> None:
    """A read that waits takes no reply for an empty one, and keeps its connection."""

    async def parse_response(self: Any, connection: Any, command_name: Any, **options: Any) -> Any:
        patience_s = options.pop("patience_s", None)
        if patience_s is None:
            return await super(client.Server, self).parse_response(
                connection, command_name, **options
            )
        callback: Any = self.response_callbacks[command_name]
        return callback(await connection.read_response(timeout=patience_s))

    client.Server.parse_response = parse_response  # type: ignore[method-assign]


def _no_wait() -> None:
    """Acknowledges what no replica has confirmed."""

    def script(
        of: Any, package: str, name: str, libraries: Any = (), *, replicas: int
    ) -> client.Script:
        return client.script(of, package, name, libraries)

    replication.replicated_script = script  # type: ignore[assignment]
    import services.stock.state.holds as holds

    setattr(holds, "replicated_script", script)  # noqa: B010 - it has a narrower type


def _no_mark() -> None:
    """Waits without a mark: for what this connection wrote alone, which may be nothing."""
    from services.stock.state import holds

    def script(
        of: Any, package: str, name: str, libraries: Any = (), *, replicas: int
    ) -> client.Script:
        if not replicas:
            return client.script(of, package, name, libraries)
        text, _ = client.named_script(of, package, name, libraries)

        async def run(keys: Any, args: Any) -> Any:
            pipeline = of.pipeline(transaction=False)
            pipeline.execute_command("EVAL", text, len(keys), *keys, *args)
            pipeline.execute_command("WAIT", replicas, 1000)
            answer, count = await pipeline.execute()
            if count < replicas:
                raise redis.exceptions.TimeoutError
            return answer

        return run

    setattr(holds, "replicated_script", script)  # noqa: B010 - it has a narrower type


def _shows_private() -> None:
    replica = stores_replica()
    replica.public = replica.record


async def _forgets_request(self: Any, request: Any) -> Any:
    request.request_id = ""
    return await _create(self, request)


async def _create(self: Any, request: Any) -> Any:
    raise NotImplementedError


def _without_key() -> None:
    """A retry makes a second hold."""
    global _create
    found = reservations()
    _create = found.create
    found.create = _forgets_request


def _without_age() -> None:
    """Answers from a replica that is cut off look like those of now."""
    from services.directory.directory import Directory
    from services.directory.feed import Feed

    for each in (Directory, Feed):
        setattr(each, "stale_as_of", None)  # noqa: B010 - a property


def _levels_kept() -> None:
    """Levels are answered from memory for ten seconds."""
    from services.chassis.clock import steady_s
    from services.stock.state.levels import Levels

    real = Levels.read

    async def read(self: Any, stores: Any, skus: Any, now_ms: int | None = None) -> Any:
        kept = self.__dict__.setdefault("kept", {})
        key = tuple(stores), tuple(skus)
        if key not in kept or kept[key][0] < steady_s() - 10:
            kept[key] = steady_s(), await real(self, stores, skus, now_ms)
        return kept[key][1]

    setattr(Levels, "read", read)  # noqa: B010 - it has named arguments alone


def stock_levels() -> Any:
    from services.stock.resources.stock_levels import StockLevels

    return StockLevels


def _lacks_nothing() -> None:
    owner = stock_levels()
    real = owner._read

    async def read(self: Any, stores: Any, skus: Any) -> Any:
        return (await real(self, stores, skus))._replace(unreachable=[])

    owner._read = read


def _found_all() -> None:
    """A search that could not read levels looks whole."""
    from services.stock.resources.availability import Searches

    real = Searches._read

    async def read(self: Any, found: Any, *others: Any) -> None:
        await real(self, found, *others)
        found.is_reachable = True

    setattr(Searches, "_read", read)  # noqa: B010 - it has other arguments


def _opens_late() -> None:
    from geodata.schedule.timeline import Timeline

    real = Timeline.state_at

    def state_at(self: Any, at: dt.datetime) -> Any:
        return real(self, at - dt.timedelta(seconds=1))

    setattr(Timeline, "state_at", state_at)  # noqa: B010 - a method


def store_hours() -> Any:
    import services.directory.store_hours

    return services.directory.store_hours


def _page_again(self: Any, last: str, count: int) -> list[str]:
    return list(self._sorted_ids.irange(last))[:count]


def _page_skips(self: Any, last: str, count: int) -> list[str]:
    after = list(self._sorted_ids.irange(last, inclusive=(False, False)))
    return after[1 if last else 0 :][:count]


def _shows_changed() -> None:
    """A private store that came by a change is shown."""
    replica = stores_replica()
    real = replica._index_all

    def index_all(self: Any, changes: Any) -> None:
        real(self, changes)
        self._hidden.clear()

    replica._index_all = index_all


def devices() -> Any:
    from services.geofence.resources.devices import Devices

    return Devices


async def _erases_nothing(self: Any, device_id: str) -> bool:
    return True


def _waits_for_ever() -> None:
    """A reply that does not come is waited for without an end."""
    from services.chassis.database.connections import Sending

    real = Sending.__init__

    def init(self: Any, **options: Any) -> None:
        real(self, **{**options, "socket_timeout": None})

    setattr(Sending, "__init__", init)  # noqa: B010 - mypy guards it


def progress() -> Any:
    from services.chassis.loops.progress import Progress

    return Progress


async def _follows_once(self: Any, kind: str, load: Any, follow: Any) -> None:
    """Ends at the first failure of the database."""
    await load()
    self.is_following = True
    await follow()


OVERSOLD, SUMS, SLOTS, PLACES = "not oversold", "sums", "slots", "not overbooked"
LIVES, TOLD, KEPT, ACKED = "lives", "told", "kept", "acknowledged"
SOMEBODY, ALERTS, DELIVERED, ORDER = "told of holds", "alerts", "delivered", "in order"
VERSIONS, STATES, EMPTY, UNDO = "versions", "states", "empty", "undo"
ERASED, NUMBERED, PRIVATE, WALKS = "erased", "numbered", "private", "walks"
AS_OF, OPEN, DEGRADED = "as of", "open", "degraded"
EXPIRE, ANSWERED, BUG = "expire", "answered", "bug"

SAME_FIELD = (
    "return string.format('%s %s %.0f', place, owner_and_alert(wish), now)",
    "return string.format('%s %s 0', place, owner_and_alert(wish))",
)

MUTANTS: tuple[Mutant, ...] = (
    # Holds.
    Mutant(
        "one too many",
        "hold",
        (OVERSOLD,),
        lua("reserve", ("math.max(here + coming, 0)", "math.max(here + coming + 1, 0)")),
        is_known=True,
    ),
    Mutant(
        "a change takes what is not there",
        "change",
        (OVERSOLD,),
        lua("update", ("if here + coming < more then", "if here + coming + 1 < more then")),
    ),
    Mutant(
        "acknowledged and not written",
        "hold",
        (SUMS, ACKED),
        lua(
            "reserve",
            (
                "redis.call('HSET', store.holds, hold.id, encoded)",
                "if hold.l[2] then redis.call('HSET', store.holds, hold.id, encoded) end",
            ),
        ),
        is_known=True,
    ),
    Mutant(
        "given back twice",
        "cancel",
        (SUMS, LIVES, TOLD),
        lua("transition", ("READY = true }", "READY = true, CANCELED = true }")),
        is_known=True,
    ),
    Mutant(
        "lines that are dropped stay reserved",
        "change",
        (SUMS,),
        lua("update", ("then change(sku, item, level_of(stored), 0, 0) end", "then end")),
        is_known=True,
    ),
    Mutant(
        "undone, and not put back",
        "undo",
        (SUMS,),
        lua("undo", ("level.reserved + held", "level.reserved")),
        is_known=True,
    ),
    Mutant(
        "missing goods stay reserved",
        "missing",
        (SUMS,),
        lua(
            "transition",
            ("= level.reserved - units, level.version", "= level.reserved, level.version"),
        ),
        is_known=True,
    ),
    Mutant(
        "an expired hold keeps its units",
        "hold",
        (SUMS,),
        everywhere(
            (
                "      redis.call('HSET', store.levels, item[SKU], raw_of(level))\n"
                "      lines[#lines + 1] = line_of(item[SKU], level, 0, -units)\n"
                "      item[VERSION] = level.version\n    end\n  end\n  hold.st, hold.e",
                "    end\n  end\n  hold.st, hold.e",
            )
        ),
    ),
    Mutant(
        "holds expire a minute early",
        "hold",
        (LIVES,),
        everywhere(
            (
                "return redis.call('ZRANGE', expiry, '-inf', now,",
                "return redis.call('ZRANGE', expiry, '-inf', now + 60000,",
            )
        ),
    ),
    Mutant(
        "an undone hold stays collected",
        "undo",
        (SUMS, LIVES),
        lua("undo", ("if hold.st == 'COLLECTED' then hold.st = last.s end", "")),
    ),
    Mutant(
        "a part that is handed over stays held",
        "collect",
        (SUMS,),
        lua("transition", ("item[COLLECTED] = item[COLLECTED] + units", "")),
    ),
    Mutant("a retry makes a second hold", "hold", (ACKED, SOMEBODY), _without_key),
    # Slots.
    Mutant(
        "one place too many",
        "change",
        (PLACES,),
        lua("update", ("terms.capacity, 0)", "terms.capacity + 1, 0)")),
        is_known=True,
    ),
    Mutant(
        "a full slot takes one more",
        "hold_slot",
        (PLACES,),
        lua(
            "reserve",
            (
                "is_full(store, hold.sl, terms.capacity, places_back)",
                "is_full(store, hold.sl, terms.capacity + 1, places_back)",
            ),
        ),
    ),
    Mutant(
        "the old place is kept",
        "change hold_slot",
        (SLOTS,),
        lua("update", ("if hold.sl then move_place(store, hold.sl, -1) end\n", "")),
        is_known=True,
    ),
    Mutant(
        "a hold that ends keeps its place",
        "hold_slot cancel",
        (SLOTS,),
        everywhere(("    move_place(store, hold.sl, -1)\n    hold.ps", "    hold.ps")),
    ),
    # What is told of holds.
    Mutant(
        "a change without an event",
        "undo",
        (TOLD,),
        lua("undo", ("tell(store, hold, 'undone', now)\n", "")),
        is_known=True,
    ),
    Mutant(
        "an event before its change",
        "change",
        (TOLD,),
        lua(
            "update",
            ("hold.u, hold.rev = now, hold.rev + 1\nlocal", "local"),
            ("{ change = 'CHANGED' })\n", "{ change = 'CHANGED' })\nhold.rev = hold.rev + 1\n"),
        ),
        is_known=True,
    ),
    Mutant(
        "an end without an event",
        "hold",
        (TOLD,),
        everywhere(
            (
                "  tell(store, hold, kind, now, data)\nend\n\n-- Ends holds",
                "  if kind ~= 'expired' then tell(store, hold, kind, now, data) end\n"
                "end\n\n-- Ends holds",
            )
        ),
    ),
    # Alerts.
    Mutant(
        "a worker that comes second decides again",
        "alert_hold kill_midway",
        (SOMEBODY,),
        attribute(alert_firing, _fired=_told_before_dropped),
        undone="1383900b",
    ),
    Mutant(
        "a hold comes of a claim that was given up",
        "alert_hold kill_midway",
        (SOMEBODY,),
        lua("reserve", ("if terms.claim and", "if false and")),
        undone="4745a8e4",
    ),
    Mutant(
        "a claim replaces one that is being told",
        "alert_hold kill_midway",
        (ALERTS, SOMEBODY),
        both(*(lua(name, SAME_FIELD) for name in ("match", "basket"))),
        undone="af333632",
    ),
    Mutant(
        "a claim is dropped before its alert fires",
        "alert_hold kill_midway",
        (ALERTS, SOMEBODY),
        attribute(alert_firing, _take=_dropped_first),
    ),
    Mutant(
        "an alert fires again",
        "alert_hold kill_midway",
        (ALERTS, SOMEBODY, BUG),
        lua(
            "claim",
            ("if alert.fired then return { alert.by == claim and 'done' or 'no', raw } end", ""),
        ),
    ),
    # Delivery.
    Mutant(
        "failed events are forgotten",
        "endpoint_fails",
        (DELIVERED,),
        attribute(deliverer, _settle=_forgets_failures),
    ),
    Mutant(
        "the cursor moves before failed events are kept",
        "endpoint_fails kill_midway",
        (DELIVERED, ORDER),
        attribute(deliverer, _settle=_settles_late),
    ),
    Mutant(
        "later events overtake one that failed",
        "endpoint_fails change",
        (ORDER,),
        lua("follow", ("redis.call('ZRANGE', retry, 0, -1)", "{}")),
    ),
    Mutant(
        "two workers deliver at once",
        "endpoint_slow change",
        (ORDER,),
        lua(
            "follow",
            ("if other and other ~= holder then return {0} end", "if false then return {0} end"),
        ),
    ),
    Mutant(
        "an event that is tried later is dropped",
        "endpoint_fails",
        (DELIVERED,),
        lua("retried", ("if outcome == 'later' then", "if outcome == 'never' then")),
    ),
    Mutant(
        "probes count against the events that wait",
        "endpoint_down kill",
        (DELIVERED,),
        lua("retried", ("if outcome == 'later' then redis", "if true then redis")),
        undone="Count no probe of an endpoint against the events that wait",
    ),
    # The database.
    Mutant(
        "a late reply is taken for another's",
        "freeze",
        (BUG, ACKED, SOMEBODY),
        _stale_reply,
        undone="Take no late reply of a waiting read",
    ),
    Mutant(
        "acknowledged before a replica has it",
        "failover lag",
        (ACKED,),
        _no_wait,
        undone="765a2327",
    ),
    Mutant(
        "a retry waits for no replica", "failover lag kill", (ACKED,), _no_mark, undone="765a2327"
    ),
    # Access.
    Mutant("a private store is shown", "read_store", (PRIVATE,), _shows_private),
    Mutant(
        "a private store that came by a change is listed",
        "read_store walk",
        (PRIVATE,),
        _shows_changed,
    ),
    Mutant(
        "an erasure forgets nothing",
        "erase position",
        (ERASED,),
        attribute(devices, erase=_erases_nothing),
    ),
    Mutant(
        "a fix under way brings an erased device back",
        "erase position",
        (ERASED,),
        lua(
            "apply",
            (
                "is_same = string.sub(stored, 1, #stamp) == stamp",
                "is_same = stored == '' or string.sub(stored, 1, #stamp) == stamp",
            ),
        ),
    ),
    # Fences.
    Mutant(
        "two fixes at once write over one another",
        "position",
        (NUMBERED, ORDER),
        lua("apply", ("is_same = string.sub(stored, 1, #stamp) == stamp", "is_same = true")),
    ),
    Mutant(
        "events of a fix are told in reverse",
        "position start_trip",
        (NUMBERED,),
        lua("apply", ("for n = at + 1, last_event, 2 do", "for n = last_event - 1, at + 1, -2 do")),
    ),
    # Reads.
    Mutant(
        "a stale answer does not tell its age", "hours cut_off open_state", (AS_OF,), _without_age
    ),
    Mutant("levels come from memory", "levels sell", (AS_OF,), _levels_kept),
    Mutant("what is missing is not named", "levels freeze", (DEGRADED,), _lacks_nothing),
    Mutant("a search looks whole", "availability freeze", (DEGRADED,), _found_all),
    Mutant("a store opens a second late", "open_state hours", (OPEN,), _opens_late),
    Mutant(
        "closures are forgotten",
        "closure open_state",
        (OPEN, AS_OF),
        attribute(store_hours, closures_of=lambda *_: ()),
    ),
    Mutant(
        "a page begins with the last row before it",
        "walk",
        (WALKS,),
        attribute(stores_replica, ids_after=_page_again),
    ),
    Mutant(
        "a page leaves a row out",
        "walk",
        (WALKS,),
        attribute(stores_replica, ids_after=_page_skips),
    ),
    # Ends of holds.
    Mutant(
        "the worker ends no holds",
        "hold",
        (EXPIRE,),
        lua(
            "sweep",
            ("local count = tidy(store, now_ms(ARGV[1]), tonumber(ARGV[3]))", "local count = 0"),
        ),
    ),
    Mutant(
        "a new end of a hold is not noted",
        "extend",
        (LIVES, EXPIRE),
        lua(
            "transition",
            (
                "  redis.call('ZADD', store.expiry, hold.x, id)\n  redis.call('ZADD', store.due",
                "  redis.call('ZADD', store.due",
            ),
        ),
    ),
    Mutant(
        "a hold that expired is deleted at once",
        "hold",
        (KEPT,),
        everywhere(
            (
                "finish(store, hold, 'EXPIRED', now, 'expired')",
                "finish(store, hold, 'EXPIRED', now, 'expired')\n"
                "      redis.call('HDEL', store.holds, id)",
            )
        ),
    ),
    Mutant(
        "ended holds are kept for seconds",
        "cancel hold",
        (KEPT,),
        everywhere(("KEEP_ENDED_MS = 7 * 86400000", "KEEP_ENDED_MS = 7000")),
    ),
    Mutant(
        "lines that nobody took change their levels",
        "collect",
        (VERSIONS,),
        lua("transition", ("local stored = units > 0 and redis.call", "local stored = redis.call")),
    ),
    Mutant(
        "an undone hold begins anew",
        "undo ready",
        (STATES,),
        lua(
            "undo", ("if hold.st == 'COLLECTED' then hold.st = last.s end", "hold.st = 'CONFIRMED'")
        ),
    ),
    Mutant(
        "a hold of nothing but missing goods lives on",
        "missing",
        (EMPTY,),
        lua(
            "transition",
            (
                "if left > 0 then return keep(lines, 'RELEASED'",
                "if true then return keep(lines, 'RELEASED'",
            ),
        ),
    ),
    Mutant(
        "an undo asks for goods that were handed over",
        "undo",
        (UNDO,),
        lua(
            "undo",
            (
                "local sku, released = item[SKU], last.r[item[SKU]] or 0",
                "local sku, released = item[SKU], last.r[item[SKU]] or last.l[item[SKU]] or 0",
            ),
        ),
    ),
    Mutant(
        "a follower ends at the first failure",
        "kill crash",
        (ANSWERED,),
        attribute(progress, keep_up=_follows_once),
    ),
    Mutant(
        "a reply is waited for without an end", "cut_off levels", (ANSWERED, BUG), _waits_for_ever
    ),
    # Mends undone.
    Mutant(
        "a hold is moved though it was changed since",
        "transfer change",
        (SUMS, ACKED, TOLD),
        lua("transition", ("if action == 'moved' and argument.l then", "if false then")),
        undone="8b9fccb0",
    ),
    Mutant(
        "a line of nothing changes its level",
        "change missing",
        (VERSIONS,),
        lua(
            "update",
            (
                "item[HELD] > 0 and redis.call('HGET', store.levels, sku)",
                "redis.call('HGET', store.levels, sku)",
            ),
        ),
        undone="3a9d9039",
    ),
    Mutant(
        "an undo brings back the state before",
        "undo",
        (STATES,),
        lua("undo", ("if hold.st == 'COLLECTED' then hold.st = last.s end", "hold.st = last.s")),
        undone="d2670630",
    ),
    Mutant(
        "a change to what was handed over leaves an empty hold",
        "change collect",
        (EMPTY,),
        lua("update", ("if left == 0 then", "if false then")),
        undone="9ffb8b85",
    ),
    Mutant(
        "an undo asks for goods that it did not release",
        "undo sell",
        (UNDO,),
        lua("undo", ("and released > 0 and available", "and available")),
        undone="c72b59b7",
    ),
)
"""The faults, by what they concern."""


def by_name() -> Mapping[str, Mutant]:
    """The faults by their names."""
    return {mutant.name: mutant for mutant in MUTANTS}
