"""Random requests of any method, mostly about the demo's data, sometimes about nothing."""

import random
from collections.abc import Sequence
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.contracts.contracts import behaves_as, bindings, is_map

MAX_DEPTH = 5
INSTANTS = (1_795_000_000, 1_795_430_400, 0, -1, 253_402_300_799)
NUMBERS = (0, 1, 2, 3, 10, 60, 500, 2_000, 100_000, -1, 2**31 - 1)
NASTY_NUMBERS = (float("nan"), float("inf"), -0.0, 1e300, 60.1699, 24.9384, -180.0)
NASTY_TEXTS = ("", " ", "ä/ö?&=#%20+", "x" * 300, "\u202e\U0001f9ca", "-1", "null", "../etc")
MASKS = ("name", "display_name,location", "*", "nothing.of.that")


class Writer:
    """Writes requests. The same seed writes the same.

    Args:
        known: values from the demo, by the name of their field.
    """

    def __init__(self, seed: int, known: dict[str, Sequence[Any]]) -> None:
        self._random = random.Random(seed)
        self._known = known

    def request(self, method: MethodDescriptor) -> Message:
        """A request; most have names that fit the paths of the bindings."""
        request = GetMessageClass(method.input_type)()
        self._fill(request, method.input_type, 0)
        template = bindings(method)[0].path
        for field in method.input_type.fields:
            if f"{{{field.name}=" in template and self._random.random() < 0.95:
                pattern = template.split(f"{{{field.name}=")[1].split("}")[0]
                setattr(request, field.name, self._name(pattern))
        return request

    def _name(self, pattern: str) -> str:
        collection, _, rest = pattern.partition("/*")
        known = self._known.get(collection, ())
        name = self._one_of(known) if known else f"{collection}/none"
        if rest.startswith("/-") or "*" not in rest:
            return f"{name}{rest}"
        inner = f"{collection}/*{rest}"
        full = self._known.get(inner, ())
        return str(self._one_of(full)) if full else f"{name}{rest.replace('*', 'none')}"

    def _fill(self, message: Any, descriptor: Descriptor, depth: int) -> None:
        chosen = {
            id(oneof): self._one_of(oneof.fields)
            for oneof in descriptor.oneofs
            if len(oneof.fields) > 1
        }
        for field in descriptor.fields:
            oneof = field.containing_oneof
            if oneof is not None and id(oneof) in chosen:
                if chosen[id(oneof)] is not field:
                    continue
            elif behaves_as(field, "OUTPUT_ONLY") or not self._wants(field):
                continue
            self._set(message, field, depth)

    def _wants(self, field: FieldDescriptor) -> bool:
        if behaves_as(field, "REQUIRED"):
            return self._random.random() < 0.97
        rare = field.name in {"page_token", "etag", "request_id"}
        return self._random.random() < (0.03 if rare else 0.3)

    def _set(self, message: Any, field: FieldDescriptor, depth: int) -> None:
        if is_map(field) or depth > MAX_DEPTH:
            return
        if field.is_repeated:
            target = getattr(message, field.name)
            for _ in range(self._random.choice((1, 1, 2, 3))):
                if field.message_type is None:
                    target.append(self._scalar(field))
                else:
                    self._fill_known(target.add(), depth)
        elif field.message_type is None:
            setattr(message, field.name, self._scalar(field))
        else:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self._fill_known(inner, depth)

    def _fill_known(self, message: Any, depth: int) -> None:
        kind = message.DESCRIPTOR.full_name
        if kind == "google.protobuf.Timestamp":
            message.FromSeconds(self._random.choice(INSTANTS))
        elif kind == "google.protobuf.Duration":
            message.FromSeconds(self._random.choice(NUMBERS))
        elif kind == "google.protobuf.FieldMask":
            message.paths.extend(self._one_of(MASKS).split(","))
        elif kind == "google.type.LatLng":
            at = self._one_of(self._known["point"])
            message.latitude, message.longitude = at
            if self._random.random() < 0.05:
                message.latitude = self._one_of(NASTY_NUMBERS)
        elif kind == "google.protobuf.Struct":
            message["hours"] = [{"day": "monday"}]
        else:
            self._fill(message, message.DESCRIPTOR, depth + 1)

    def _scalar(self, field: FieldDescriptor) -> Any:
        if field.enum_type is not None:
            return self._one_of([value.number for value in field.enum_type.values])
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return self._random.random() < 0.5
        if field.type == FieldDescriptor.TYPE_BYTES:
            return b"\x00\xff"
        if field.type == FieldDescriptor.TYPE_STRING:
            return self._text(field)
        if field.cpp_type in {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}:
            nasty = self._random.random() < 0.03
            return self._one_of(NASTY_NUMBERS) if nasty else self._random.uniform(0, 5000)
        signed = field.cpp_type in {FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64}
        return self._random.choice(NUMBERS if signed else NUMBERS[:9])

    def _text(self, field: FieldDescriptor) -> str:
        if self._random.random() < 0.03:
            return str(self._one_of(NASTY_TEXTS))
        allowed = list(getattr(field.GetOptions().Extensions[validate_pb2.field].string, "in"))
        known = allowed or self._known.get(field.name) or self._known["word"]
        return str(self._one_of(known))

    def _one_of(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)
