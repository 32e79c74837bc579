"""Holds with a deliberate fault each: the checker must find every one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.chassis.database.client import Client, Script, Value, script_text
from services.stock.model.holds import decoded
from services.stock.model.partitions import StoreKeys
from services.stock.state import PACKAGE, TAKING
from services.stock.state.holds import NO_KEY, Holds, Outcome, RequestKey


def changed(client: Client, name: str, *changes: tuple[str, str]) -> Script:
    """A script of the service with parts of its text replaced."""
    text, _ = script_text(PACKAGE, name, TAKING)
    for old, new in changes:
        assert old in text, f"{name}.lua has no {old!r} any more"
        text = text.replace(old, new)

    async def run(keys: Sequence[str], args: Sequence[Value]) -> Any:
        return await client.eval(text, len(keys), *keys, *args)

    return run


class CheckThenAct(Holds):
    """Reads the stock in one call and takes it in another."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._blind = changed(
            client,
            "reserve",
            ("local room = math.max(here + coming, 0)", "local room = wanted"),
        )
        self._looking = self._reserve

    async def reserve(
        self, store: str, record: bytes, lines: Mapping[str, int], **options: Any
    ) -> Outcome:
        self._reserve = self._looking
        looked = await super().reserve(store, record, lines, **{**options, "validate_only": True})
        if looked.word != "new":
            return looked
        self._reserve = self._blind
        return await super().reserve(store, record, lines, **options)


class KeyBesideTheScript(Holds):
    """Keeps the key of a request in a second call, after the hold."""

    async def reserve(
        self,
        store: str,
        record: bytes,
        lines: Mapping[str, int],
        *,
        request: RequestKey = NO_KEY,
        **options: Any,
    ) -> Outcome:
        keys = StoreKeys.of(store)
        first = await self._client.hget(keys.requests, request.field)
        if first is not None:
            raw = await self._client.hget(keys.holds, first)
            return Outcome("same", decoded(raw, store))
        self._turn = getattr(self, "_turn", 0) + 1
        fresh = record.replace(b'"id":"', f'"id":"try{self._turn}-'.encode())
        outcome = await super().reserve(store, fresh, lines, **options)
        if outcome.found is not None:
            await self._client.hset(keys.requests, request.field, outcome.hold.id)
        return outcome


class LineByLine(Holds):
    """Takes the lines of a basket one by one, and keeps those taken before one fails."""

    async def reserve(
        self, store: str, record: bytes, lines: Mapping[str, int], **options: Any
    ) -> Outcome:
        looked = await super().reserve(store, record, lines, **{**options, "validate_only": True})
        if looked.word == "same":
            return looked
        outcome = looked
        part = record.replace(b'"id":"', b'"id":"part-')
        for sku, units in lines.items():
            outcome = await super().reserve(
                store, part, {sku: units}, **{**options, "request": NO_KEY}
            )
            if outcome.found is None:
                return outcome
        return outcome


def with_script(attribute: str, name: str, *changes: tuple[str, str]) -> Callable[[Client], Holds]:
    """Builds holds with one changed script."""

    def build(client: Client) -> Holds:
        holds = Holds(client)
        setattr(holds, attribute, changed(client, name, *changes))
        return holds

    return build


MUTANTS: dict[str, Callable[[Client], Holds]] = {
    "check, then act": CheckThenAct,
    "the key beside the script": KeyBesideTheScript,
    "line by line": LineByLine,
    "one too many": with_script(
        "_reserve", "reserve", ("math.max(here + coming, 0)", "math.max(here + coming + 1, 0)")
    ),
    "acknowledged and not written": with_script(
        "_reserve",
        "reserve",
        (
            "redis.call('HSET', store.holds, hold.id, encoded)",
            "if hold.l[2] then redis.call('HSET', store.holds, hold.id, encoded) end",
        ),
        (
            "redis.call('HSET', store.requests, request,",
            "if hold.l[2] then redis.call('HSET', store.requests, request,",
        ),
        ("fingerprint .. ':' .. hold.id)\n", "fingerprint .. ':' .. hold.id) end\n"),
    ),
    "given back twice": with_script(
        "_transition", "transition", ("READY = true }", "READY = true, CANCELED = true }")
    ),
    "handed over without leaving the stock": with_script(
        "_transition", "transition", ("level.on_hand - units,", "level.on_hand,")
    ),
    "one place too many": with_script(
        "_update", "update", ("terms.capacity, 0)", "terms.capacity + 1, 0)")
    ),
    "the old place is kept": with_script(
        "_update", "update", ("if hold.sl then move_place(store, hold.sl, -1) end\n", "")
    ),
    "lines that are dropped stay reserved": with_script(
        "_update", "update", ("then change(sku, item, level_of(stored), 0, 0) end", "then end")
    ),
    "undone, and not put back": with_script(
        "_undo", "undo", ("level.reserved + held", "level.reserved")
    ),
    "missing goods stay reserved": with_script(
        "_transition",
        "transition",
        ("= level.reserved - units, level.version", "= level.reserved, level.version"),
    ),
    "a change without a number": with_script(
        "_reserve", "reserve", ("level.version = level.version + 1\n      changed", "changed")
    ),
    "a change without an event": with_script(
        "_undo", "undo", ("tell(store, hold, 'undone', now)\n", "")
    ),
    "an event before its change": with_script(
        "_update",
        "update",
        ("hold.u, hold.rev = now, hold.rev + 1\nlocal", "local"),
        ("{ change = 'CHANGED' })\n", "{ change = 'CHANGED' })\nhold.rev = hold.rev + 1\n"),
    ),
    "an event of a refused change": with_script(
        "_reserve",
        "reserve",
        (
            "local changed, items, total",
            "hold.st, hold.rev = 'CONFIRMED', 1\n"
            "tell(store, hold, 'confirmed', now)\nlocal changed, items, total",
        ),
    ),
}
ONLY_A_SWEEPER_ENDS = with_script(
    "_reserve",
    "reserve",
    ("if may_write then\n  tidy(store, now, ALL)\nelse", "if may_write then\nelse"),
)
"""Expired holds count until a sweeper ends them. No history shows that: the clock must move."""
