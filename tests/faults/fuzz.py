"""Requests of every RPC, made from its descriptor: nearly right, absurd, or random bytes."""

import random
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import protovalidate
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from protovalidate import Violation

DEPTH = 5
TRIES = 8
_validator = protovalidate.Validator()
TEXTS = (
    "",
    "a",
    "kamppi",
    "Kamppi",
    "stores/t-forum",
    "stores/none",
    "products/milk",
    "products/bread",
    "fences/kamppi",
    "subscriptions/all",
    "stores/t-forum/hours",
    "stores/t-forum/services/pharmacy",
    "stores/t-forum/events/e1",
    "stores/t-forum/closures/c1",
    "stores/t-forum/reservations/r1",
    "stores/t-forum/reservations/r1/pickupCode",
    "stores/t-forum/stockPolicy",
    "stores/t-forum/trips/17a0a0a0a0a0a0a0a0a0a0",
    "stores/t-forum/floorPlans/v1",
    "stores/t-forum/anchors/a1",
    "stores/t-forum/blockedAreas/b1",
    "stockGroups/g1",
    "stockAlerts/a1",
    "planograms/p1",
    "trips/one",
    "devices/phone",
    "floorPlans/kamppi",
    "FI",
    "osm.shop",
    "6408430000012",
    "r-1",
    "*",
    "-",
    "*/*",
    "display_name,location",
    "fi",
    "FI-18",
    "Europe/Helsinki",
    "Europe/Nowhere",
    "Mo-Su 08:00-21:00",
    "Mo-Fr 25:99; nonsense",
    "891126d1a0bffff",
    "2026-12-24",
    "MC0w",  # resume tokens of stock: a good one, and one of an entry that no stream can have
    "OTk5OTk5OTk5OTk5OTk5OTk5OTktMQ",
    "AAAAAAAAAAc",  # of stores and hours
    "17-1790000000000-7",  # an ack token
    "https://example.com/hook",
    "http://127.0.0.1:1/",
    "x" * 65,
    "y" * 5_000,
    "\0",
    "\u202e\ufffe",
    "ä" * 300,
    "👩‍👩‍👧",
    "{}{}\r\n$5\r\n",
    "%s%n../../etc/passwd",
    "<svg onload=alert(1)>",
    "' OR 1=1 --",
)
INTEGERS = (0, 1, 2, 3, 10, 100, 1000, -1, 2**31 - 1, -(2**31), 60, 1_790_000_000, 253_402_300_800)
NUMBERS = (
    *(0.0, 60.17, 24.94, 60.1689, 24.9323, -91.0, 180.0, 360.5, 1.0, 500.0, -0.0, 1e-320),
    *(1e308, float("nan"), float("inf"), float("-inf")),
)
BYTES = (b"", b"\0", b"x" * 100, b"\xff\xfe", b"{" * 50)
LIMITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def request(rng: random.Random, descriptor: Descriptor) -> bytes:
    """An encoded request: half keep the contract, a tenth is damaged, some are random bytes."""
    chance = rng.random()
    if chance < 0.02:
        return rng.randbytes(rng.choice((1, 7, 60, 3000)))
    made = message(rng, descriptor)
    if chance > 0.5:
        mended(rng, made)
    data = bytearray(made.SerializeToString())
    if chance < 0.12 and data:
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
    return bytes(data)


def message(rng: random.Random, descriptor: Descriptor, depth: int = 0) -> Message:
    """A message of a type."""
    made = GetMessageClass(descriptor)()
    if descriptor.full_name == "google.protobuf.Any":
        return made
    chosen = {rng.choice(oneof.fields).name for oneof in descriptor.oneofs}
    fill = rng.choice((0.3, 0.6, 0.9))
    for field in descriptor.fields:
        if field.containing_oneof and field.name not in chosen:
            continue
        if rng.random() < fill:
            put(rng, made, field, depth)
    return made


def mended(rng: random.Random, made: Message) -> None:
    """Replace or clear the fields that break the rules of the contract."""
    for attempt in range(TRIES):
        broken = _validator.collect_violations(made)
        if not broken:
            return
        for violation in broken:
            with suppress(IndexError, KeyError):  # the list was made again, so it is another object
                _mend(rng, made, violation, clear=2 * attempt > TRIES)


def _mend(rng: random.Random, made: Any, violation: Violation, *, clear: bool) -> None:
    elements = violation.proto.field.elements if violation.proto.field else []
    last = elements[-1] if elements else None
    for element in elements[:-1]:
        made = getattr(made, element.field_name)
        if element.subscript is not None:
            made = made[element.subscript.value]
    if last is None or last.field_name not in made.DESCRIPTOR.fields_by_name:
        made.Clear()
        return
    field = made.DESCRIPTOR.fields_by_name[last.field_name]
    pattern = violation.rule_value if isinstance(violation.rule_value, str) else ""
    fitting = [each for each in TEXTS if pattern and re.search(pattern, each)]
    index = last.subscript.value if last.subscript is not None else None
    if fitting and index is not None:
        getattr(made, field.name)[index] = rng.choice(fitting)
    elif fitting and not field.is_repeated:
        setattr(made, field.name, rng.choice(fitting))
    else:
        made.ClearField(field.name)
        if not clear:
            put(rng, made, field, DEPTH - 2)


def put(rng: random.Random, made: Message, field: FieldDescriptor, depth: int) -> None:
    """Set a field of a message."""
    if field.message_type and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields
        for _ in range(rng.randint(0, 3)):
            if value.message_type:
                getattr(made, field.name)[scalar(rng, key)].CopyFrom(
                    message(rng, value.message_type, depth + 1)
                )
            else:
                getattr(made, field.name)[scalar(rng, key)] = scalar(rng, value)
    elif field.message_type:
        if depth < DEPTH:
            inner = [message(rng, field.message_type, depth + 1) for _ in range(count(rng, field))]
            if field.is_repeated:
                getattr(made, field.name).extend(inner)
            elif inner:
                getattr(made, field.name).CopyFrom(inner[0])
    elif field.is_repeated:
        getattr(made, field.name).extend(scalar(rng, field) for _ in range(count(rng, field)))
    else:
        setattr(made, field.name, scalar(rng, field))


def count(rng: random.Random, field: FieldDescriptor) -> int:
    """The number of values of a field."""
    return rng.choice((0, 1, 1, 2, 3, 40)) if field.is_repeated else 1


def scalar(rng: random.Random, field: FieldDescriptor) -> object:
    """A value of a field."""
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return rng.choice(BYTES)
        return text(rng, field)
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        assert field.enum_type
        return rng.choice([*field.enum_type.values_by_number, 99])
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind in LIMITS:
        low, high = LIMITS[kind]
        number = rng.choice(INTEGERS) if rng.random() < 0.9 else rng.choice((low, high))
        return min(max(number, low), high)
    return number_near(rng, field.name)


def text(rng: random.Random, field: FieldDescriptor) -> str:
    """A text, often one that fits the name of the field."""
    likely: Sequence[str] = [each for each in TEXTS if each.startswith(field.name)]
    return rng.choice(likely) if likely and rng.random() < 0.6 else rng.choice(TEXTS)


def number_near(rng: random.Random, name: str) -> float:
    """A number; of a coordinate often one in Helsinki."""
    if rng.random() < 0.7:
        if name == "latitude":
            return rng.uniform(60.1, 60.3)
        if name == "longitude":
            return rng.uniform(24.8, 25.1)
    return rng.choice(NUMBERS)
