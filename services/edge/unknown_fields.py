"""Refuses unknown fields of the application's own JSON calls, in the words of Envoy's filter.

`services/edge/envoy/fields/fields.lua` has the same rules for the calls of the services.
"""

from collections import deque
from collections.abc import Collection, Iterable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.chassis.errors import InvalidArgument

MAX_NAME = 64
"""Names are compared by this many characters, so that a long one costs little."""
MAX_DEPTH = 3
"""Messages that a field may lie deeper than where it was written, to be named as the nearest."""


def check(body: dict[str, Any], message: Descriptor, added: Collection[str] = ()) -> None:
    """Check that a body has no field that a message does not have.

    Args:
        body: the body, as read from JSON.
        message: the message that it means.
        added: names of fields that the body may have besides.

    Raises:
        InvalidArgument: naming the first unknown field, and the nearest known one.
    """
    _check({name: value for name, value in body.items() if name not in added}, message, "")


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The known name that a written one most likely means: None if no name is near.

    Equal but for case and underscores; else one is the beginning of the other; else at most one
    change of a character, and one more for every four; else a part of it, or an abbreviation.
    """
    names = [(far, name) for name in known if (far := _farness(_plain(written), _plain(name)))]
    return min(names, key=lambda each: each[0])[1] if names else None


def refusal(path: str, known: Collection[str], near: str | None) -> InvalidArgument:
    """The error for an unknown field.

    Args:
        path: the field.
        known: the fields that may stand in its place.
        near: the nearest one, from the same place; None if no one is near.
    """
    above = path.rpartition(".")[0]
    told = f"the fields are {', '.join(known)}"
    if near is not None:
        told = f"the nearest is {above}{'.' if above else ''}{near}"
    return InvalidArgument.field(path, f"there is no such field; {told}")


def _check(value: Any, message: Descriptor, path: str) -> None:
    if message.full_name.startswith("google.protobuf."):
        return  # JSON has a form of its own for it
    if isinstance(value, list):
        for index, each in enumerate(value):
            _check(each, message, f"{path}[{index}]")
        return
    if not isinstance(value, dict):
        return
    fields = {name: field for field in message.fields for name in (field.name, field.json_name)}
    for name, inner in value.items():
        where = f"{path}{'.' if path else ''}{name[:MAX_NAME]}"
        field = fields.get(name)
        if field is None:
            known = [each.json_name for each in message.fields]
            near = nearest(name, known)
            if near is None or _plain(near) != _plain(name):
                near = _deeper(_plain(name), message) or near
            raise refusal(where, known, near)
        if field.message_type is not None:
            _check_field(inner, field, where)


def _check_field(value: Any, field: FieldDescriptor, path: str) -> None:
    message = field.message_type
    assert message is not None
    if not message.GetOptions().map_entry:
        _check(value, message, path)
        return
    entry = message.fields_by_name["value"].message_type
    if entry is not None and isinstance(value, dict):
        for key, each in value.items():
            _check(each, entry, f"{path}.{key[:MAX_NAME]}")


def _deeper(written: str, message: Descriptor) -> str | None:
    """The path of a field with this very name a few messages deeper, the shallowest first."""
    queue = deque([(message, "", 0)])
    while queue:
        here, path, depth = queue.popleft()
        for field in here.fields:
            if depth and _plain(field.json_name) == written:
                return path + str(field.json_name)
            inner = field.message_type
            if inner is None or depth == MAX_DEPTH or inner.GetOptions().map_entry:
                continue
            if not inner.full_name.startswith("google.protobuf."):
                queue.append((inner, f"{path}{field.json_name}.", depth + 1))
    return None


def _plain(name: str) -> str:
    return "".join(c for c in name[:MAX_NAME] if c.isascii() and c.isalnum()).lower()


def _farness(written: str, known: str) -> float | None:
    """How far a known name is from a written one; None if too far. Never 0."""
    if written == known:
        return 0.5
    if len(written) > 2 and (known.startswith(written) or written.startswith(known)):
        return 1
    changes = _changes(written, known)
    if changes <= 1 + len(written) // 4:
        return 1 + changes
    if len(written) > 3 and written in known:
        return 20
    return 30 if _abbreviates(written, known) else None


def _changes(one: str, other: str) -> int:
    """Distance in changes of one character; two swapped neighbours are one (Damerau, OSA)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                row[j] = min(row[j], before[j - 2] + 1)
        before, last = last, row
    return last[-1]


def _abbreviates(short: str, long: str) -> bool:
    letters = iter(long)
    return len(short) > 1 and long.startswith(short[0]) and all(c in letters for c in short)
