"""Writes encoded answers as the JSON of their contract, and keeps the JSON of resources.

How it works: an encoded message is a sequence of keys and values (protobuf encoding). What is at
hand as bytes is written from the bytes; a resource, such as a store, is found by its bytes among
those written before. So one that changed is written anew, and an old one is dropped when room is
needed. A message that is encoded in another way than our servers do is parsed and written by
protobuf's own printer.
"""

import math
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson
from google.api import resource_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

Print = Callable[[bytes], bytes]
"""The JSON of an encoded message."""
Scalar = Callable[[Any], bytes]

VARINT, FIXED64, BYTES = 0, 1, 2
ENTRY_BYTES = 200
"""Memory of an entry beside its bytes, in about."""
INSTANTS = {"google.protobuf.Timestamp", "google.protobuf.Duration"}
_DOUBLE = struct.Struct("<d")
_NAMED = {math.inf: b'"Infinity"', -math.inf: b'"-Infinity"'}


class OtherEncodingError(ValueError):
    """The message is encoded in another way than our servers do."""


class _Part(NamedTuple):
    """How a field is written."""

    head: bytes
    """Its name with the colon."""
    is_list: bool
    write: Scalar


class Printer:
    """Writes encoded messages as JSON.

    Args:
        most_bytes: memory for the JSON of resources.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._prints: dict[str, Print] = {}
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self.kept_bytes = 0
        """Memory of the JSON that is kept, in about."""

    def of(self, descriptor: Descriptor) -> Print:
        """The function that writes messages of a type."""
        name = descriptor.full_name
        if name not in self._prints:
            self._prints[name] = self._made(descriptor)
        return self._prints[name]

    def _made(self, descriptor: Descriptor) -> Print:
        parsed = partial(_parsed, GetMessageClass(descriptor))
        if descriptor.GetOptions().HasExtension(resource_pb2.resource):
            return partial(self._keeping, parsed)
        if descriptor.full_name in INSTANTS:
            return lru_cache(maxsize=4096)(parsed)
        if descriptor.full_name.startswith("google.protobuf."):
            return parsed
        parts: dict[int, _Part] = {}
        if not all(self._add(parts, field) for field in descriptor.fields):
            return parsed
        numbers = frozenset(field.number for field in descriptor.fields)
        order = [part.head for _, part in sorted(parts.items())]

        def walked(data: bytes) -> bytes:
            try:
                texts = _walked(data, parts, numbers)
                return b"{" + b",".join([h + texts[h] for h in order if h in texts]) + b"}"
            except (OtherEncodingError, IndexError, struct.error, UnicodeDecodeError):
                return parsed(data)

        return walked

    def _keeping(self, parsed: Print, data: bytes) -> bytes:
        kept = self._kept.get(data)
        if kept is not None:
            self._kept.move_to_end(data)
            return kept
        text = parsed(data)
        self._kept[data] = text
        self.kept_bytes += len(data) + len(text) + ENTRY_BYTES
        while self.kept_bytes > self._most_bytes:
            old, dropped = self._kept.popitem(last=False)
            self.kept_bytes -= len(old) + len(dropped) + ENTRY_BYTES
        return text

    def _add(self, parts: dict[int, _Part], field: FieldDescriptor) -> bool:
        """Add how a field is written, by its key; False if it is not known."""
        head, is_list = orjson.dumps(field.json_name) + b":", field.is_repeated
        inner = field.message_type
        if inner is not None:
            if inner.GetOptions().map_entry:
                return False
            # Made when first used: a message may hold itself.
            write: Scalar = lambda data: self.of(inner)(data)  # noqa: E731
            parts[field.number << 3 | BYTES] = _Part(head, is_list, write)
            return True
        found = _scalar(field)
        if found is None:
            return False
        wire, write = found
        if is_list and wire != BYTES:
            items = _doubles if wire == FIXED64 else _varints
            wire, write = BYTES, partial(_packed, items, write)
            is_list = False  # one value holds them all
        parts[field.number << 3 | wire] = _Part(head, is_list, write)
        return True


def _parsed(message_type: type[Message], data: bytes) -> bytes:
    return orjson.dumps(MessageToDict(message_type.FromString(data)))


def _walked(data: bytes, parts: dict[int, _Part], numbers: frozenset[int]) -> dict[bytes, bytes]:
    """The JSON of the fields of an encoded message, by their heads.

    Raises:
        OtherEncodingError: a field stands twice, or is of another type.
    """
    texts: dict[bytes, bytes] = {}
    lists: dict[bytes, list[bytes]] = {}
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key > 0x7F:
            key, at = _varint(data, at - 1)
        wire = key & 7
        value: Any
        if wire == BYTES:
            size = data[at]
            at += 1
            if size > 0x7F:
                size, at = _varint(data, at - 1)
            stop = at + size
            if stop > end:
                raise OtherEncodingError
            value = data[at:stop]
            at = stop
        elif wire == FIXED64:
            [value] = _DOUBLE.unpack_from(data, at)
            at += 8
        elif wire == VARINT:
            value, at = _varint(data, at)
        else:
            raise OtherEncodingError
        part = parts.get(key)
        if part is None:
            if key >> 3 in numbers:
                raise OtherEncodingError
            continue  # a field of a later contract
        if part.is_list:
            lists.setdefault(part.head, []).append(part.write(value))
        elif part.head in texts:
            raise OtherEncodingError
        else:
            texts[part.head] = part.write(value)
    for head, items in lists.items():
        texts[head] = b"[" + b",".join(items) + b"]"
    return texts


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place after it."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 63:
            raise OtherEncodingError


def _scalar(field: FieldDescriptor) -> tuple[int, Scalar] | None:
    """The wire type of a value, and how it is written; None if it is not known here."""
    if field.enum_type is not None:
        return VARINT, partial(_enum, field.enum_type)
    kinds: dict[int, tuple[int, Scalar]] = {
        FieldDescriptor.TYPE_STRING: (BYTES, _text),
        FieldDescriptor.TYPE_DOUBLE: (FIXED64, _double),
        FieldDescriptor.TYPE_BOOL: (VARINT, _truth),
        FieldDescriptor.TYPE_INT32: (VARINT, _signed32),
        FieldDescriptor.TYPE_UINT32: (VARINT, _unsigned32),
    }
    return kinds.get(field.type)


def _text(value: bytes) -> bytes:
    return orjson.dumps(value.decode())


def _double(value: float) -> bytes:
    if math.isfinite(value):
        return orjson.dumps(value)
    return _NAMED.get(value, b'"NaN"')


def _truth(value: int) -> bytes:
    return b"true" if value else b"false"


def _signed32(value: int) -> bytes:
    return b"%d" % _as_int32(value)


def _unsigned32(value: int) -> bytes:
    return b"%d" % (value & 0xFFFFFFFF)


def _as_int32(value: int) -> int:
    low = value & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low


def _enum(kind: EnumDescriptor, value: int) -> bytes:
    number = _as_int32(value)
    found = kind.values_by_number.get(number)
    return orjson.dumps(found.name) if found is not None else b"%d" % number


def _doubles(data: bytes) -> Iterable[float]:
    return (value for (value,) in _DOUBLE.iter_unpack(data))


def _varints(data: bytes) -> Iterable[int]:
    at, end = 0, len(data)
    while at < end:
        value, at = _varint(data, at)
        yield value


def _packed(items: Callable[[bytes], Iterable[Any]], write: Scalar, data: bytes) -> bytes:
    return b"[" + b",".join(map(write, items(data))) + b"]"
