"""Reads the JSON requests of which the meaning is certain, and leaves all others.

How it works: Envoy's transcoder takes much that JSON.stringify never writes: numbers in quotes,
names twice, `null`, escapes. Those, and every mistake, are `UNSURE` here: the transcoder reads
them, and words their errors. So a message that is read here is the one that the transcoder reads.
"""

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import orjson
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

MAX_EXACT = 2**53
"""Up to this size every integer is a double."""

_KEY = re.compile(rb'"[ \t\r\n]*:')
_MINUS_ZERO = re.compile(rb"-0(?![.0-9])")  # as an integer it loses its sign
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.(\d{3}|\d{6}|\d{9}))?Z", re.ASCII
)
_SECONDS = re.compile(r"(0|[1-9]\d{0,8})(\.(\d{3}|\d{6}|\d{9}))?s", re.ASCII)
_PATHS = re.compile(r"([a-z]+([A-Z][a-z]+)*)([.,][a-z]+([A-Z][a-z]+)*)*")


class UnsureError(ValueError):
    """The transcoder may read this request otherwise, or refuse it."""


class _Keys:
    """Counts the names of fields in a request."""

    def __init__(self) -> None:
        self.count = 0


Convert = Callable[[Any, _Keys], Any]


class _Field(NamedTuple):
    name: str
    group: str
    """The oneof that it is in; empty if it is in none, or alone."""
    convert: Convert


def read(message_type: type[Message], data: bytes) -> Message:
    """The request in a JSON body.

    Raises:
        UnsureError: its meaning is not certain.
    """
    if b"\\" in data or _MINUS_ZERO.search(data):
        raise UnsureError
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise UnsureError from None
    keys = _Keys()
    descriptor: Any = message_type.DESCRIPTOR  # Any: its stubs name two classes
    fields = _object(descriptor, value, keys)
    # Without a backslash each quote opens or closes a string, so each name is found here; more
    # than were read: one stands twice, or a text begins with a colon.
    if len(_KEY.findall(data)) != keys.count:
        raise UnsureError
    try:
        return message_type(**fields)
    except (TypeError, ValueError):
        raise UnsureError from None


_shapes: dict[str, dict[str, _Field]] = {}
"""The fields of each message by both of their JSON names."""


def _shape(descriptor: Descriptor) -> dict[str, _Field]:
    shape = _shapes.get(descriptor.full_name)
    if shape is None:
        shape = _shapes[descriptor.full_name] = {}
        for field in descriptor.fields:
            oneof = field.containing_oneof
            group = oneof.name if oneof is not None and len(oneof.fields) > 1 else ""
            found = _Field(field.name, group, _converter(field))
            shape[field.name] = shape[field.json_name] = found
    return shape


def _object(descriptor: Descriptor, value: Any, keys: _Keys) -> dict[str, Any]:
    """The fields of a message in a JSON object."""
    if type(value) is not dict:
        raise UnsureError
    keys.count += len(value)
    shape = _shape(descriptor)
    result: dict[str, Any] = {}
    groups: set[str] = set()
    for key, inner in value.items():
        field = shape.get(key)
        if field is None or field.name in result or field.group in groups:
            raise UnsureError
        if field.group:
            groups.add(field.group)
        result[field.name] = field.convert(inner, keys)
    return result


def _list(convert: Convert, value: Any, keys: _Keys) -> list[Any]:
    if type(value) is not list:
        raise UnsureError
    return [convert(each, keys) for each in value]


def _converter(field: FieldDescriptor) -> Convert:
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        return _unsure
    one = _of_message(inner) if inner is not None else _of_scalar(field)
    return partial(_list, one) if field.is_repeated else one


def _of_message(inner: Descriptor) -> Convert:
    known: dict[str, Convert] = {
        "google.protobuf.Timestamp": partial(_from_text, Timestamp, _INSTANT),
        "google.protobuf.Duration": partial(_from_text, Duration, _SECONDS),
        "google.protobuf.FieldMask": partial(_from_text, FieldMask, _PATHS),
    }
    if inner.full_name in known:
        return known[inner.full_name]
    is_other = inner.full_name.startswith("google.protobuf.")
    return _unsure if is_other else partial(_object, inner)


def _of_scalar(field: FieldDescriptor) -> Convert:
    kinds: dict[int, Convert] = {
        FieldDescriptor.TYPE_STRING: _text,
        FieldDescriptor.TYPE_BOOL: _truth,
        FieldDescriptor.TYPE_DOUBLE: _double,
        FieldDescriptor.TYPE_INT32: partial(_integer, -(2**31), 2**31),
        FieldDescriptor.TYPE_UINT32: partial(_integer, 0, 2**32),
        FieldDescriptor.TYPE_INT64: partial(_integer, -MAX_EXACT, MAX_EXACT),
        FieldDescriptor.TYPE_UINT64: partial(_integer, 0, MAX_EXACT),
    }
    if field.enum_type is not None:
        return partial(_enum, field.enum_type)
    return kinds.get(field.type, _unsure)


def _unsure(_value: Any, _keys: _Keys) -> Any:
    raise UnsureError


def _text(value: Any, _: _Keys) -> str:
    if type(value) is not str:
        raise UnsureError
    return value


def _truth(value: Any, _: _Keys) -> bool:
    if type(value) is not bool:
        raise UnsureError
    return value


def _double(value: Any, _: _Keys) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is int and abs(value) <= MAX_EXACT:
        return float(value)
    raise UnsureError


def _integer(least: int, beyond: int, value: Any, _: _Keys) -> int:
    if type(value) is int and least <= value < beyond:
        return value
    raise UnsureError


def _enum(kind: EnumDescriptor, value: Any, _: _Keys) -> int:
    found = kind.values_by_name.get(value) if type(value) is str else None
    if found is None:
        raise UnsureError
    return found.number


def _from_text(
    kind: type[Timestamp] | type[Duration] | type[FieldMask],
    form: re.Pattern[str],
    value: Any,
    _: _Keys,
) -> Message:
    if type(value) is not str or not form.fullmatch(value):
        raise UnsureError
    message = kind()
    try:
        message.FromJsonString(value)
    except ValueError:
        raise UnsureError from None
    return message
