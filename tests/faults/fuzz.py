"""Requests of every RPC made from its descriptor: nearly right, absurd, or mere bytes."""

import random
from collections.abc import Sequence

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

DEPTH = 5
TEXTS = (
    "",
    "a",
    "kamppi",
    "Kamppi",
    "stores/t-kamppi",
    "stores/none",
    "products/milk",
    "products/6410405082657",
    "stores/t-kamppi/levels/milk",
    "stores/t-kamppi/holds/x",
    "fences/kamppi",
    "subscriptions/all",
    "trips/one",
    "devices/phone",
    "floorPlans/kamppi",
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
    """A request of a type, encoded; one in ten is damaged, one in fifty mere bytes."""
    chance = rng.random()
    if chance < 0.02:
        return rng.randbytes(rng.choice((1, 7, 60, 3000)))
    data = bytearray(message(rng, descriptor).SerializeToString())
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
    """How many values a field gets."""
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
    """A text, often one that the name of the field asks for."""
    likely: Sequence[str] = [each for each in TEXTS if each.startswith(field.name)]
    return rng.choice(likely) if likely and rng.random() < 0.6 else rng.choice(TEXTS)


def number_near(rng: random.Random, name: str) -> float:
    """A number, often one of Helsinki where the field is a coordinate."""
    if rng.random() < 0.7:
        if name == "latitude":
            return rng.uniform(60.1, 60.3)
        if name == "longitude":
            return rng.uniform(24.8, 25.1)
    return rng.choice(NUMBERS)
