"""Inputs made of others: a value of a JSON tree exchanged, or bytes changed, cut and repeated."""

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import orjson

MOST_JSON_BYTES = 20_000
NAMES = ("", " ", "x", "\0", "ä", "\u202e", "👩‍👩‍👧", "x" * 300, "0", "-1", "nan", "1e999", "١٢")
ODD: Sequence[Any] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 2**64 - 1, 0.5, -0.0, 1e308, 91.0, 180.5),
    *(*NAMES, "2026-02-30", "9999-12-31T23:59:59Z", "24:00", "//[", "../x"),
    *([], {}, [[]], [None], {"": None}, [[[[[]]]]]),
)
BYTES = (b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"\n", b"\r", b",", b"{", b"[" * 2000, b"9" * 5000)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another input: of JSON one of other values by halves, else one of other bytes."""
    if rng.random() < 0.5 and len(data) <= MOST_JSON_BYTES:
        # What is nested deeper can be read, but not written.
        with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):
            return _json(orjson.loads(data), rng)
    return _bytes(data, rng)


def _json(tree: Any, rng: random.Random) -> bytes:
    root = [tree]
    for _ in range(rng.randint(1, 3)):
        nodes = list(_nodes(root))
        parent, key = rng.choice(nodes)
        match rng.randrange(5):
            case 0 if isinstance(parent, dict):
                parent[rng.choice(NAMES)] = parent.pop(key)
            case 0 if parent is not root:
                parent.insert(key, _copied(parent[key]))
            case 1 if parent is not root:
                del parent[key]
            case 2:
                other, name = rng.choice(nodes)
                parent[key] = _copied(other[name])
            case _:
                parent[key] = _copied(rng.choice(ODD))
    return orjson.dumps(root[0])


def _copied(value: Any) -> Any:
    """A value that can be changed apart: what holds itself is no JSON."""
    return orjson.loads(orjson.dumps(value))


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each value of a tree, as what holds it and its place there."""
    pending = [value]
    while pending:
        parent = pending.pop()
        for key, child in list(parent.items() if isinstance(parent, dict) else enumerate(parent)):
            yield parent, key
            if isinstance(child, dict | list):
                pending.append(child)


def _bytes(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0:
                data = data[:at] + rng.randbytes(1) + data[at + 1 :]
            case 1:
                data = data[:at] + rng.choice(BYTES) + data[at:]
            case 2:
                data = data[:at] + data[at + rng.randint(1, 12) :]
            case 3:
                data = data[:at] + data[at : at + 40] * 3 + data[at + 40 :]
            case 4:
                data = data[:at] + bytes(rng.choices(b"0123456789-+.:,;/\"'{}[]", k=3)) + data[at:]
            case _ if rng.random() < 0.3:
                data = data[:at]
    return data
