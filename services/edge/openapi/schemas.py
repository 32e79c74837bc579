"""JSON Schemas of messages in ProtoJSON, with the limits of the contracts."""

from collections.abc import Collection, Iterable
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from services.edge.openapi import limits
from services.edge.openapi.comments import comment

Schema = dict[str, Any]

_SCALARS: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    FieldDescriptor.CPPTYPE_INT64: {
        "type": "string",
        "format": "int64",
        "pattern": r"^-?[0-9]{1,18}$",
    },
    FieldDescriptor.CPPTYPE_UINT64: {
        "type": "string",
        "format": "uint64",
        "pattern": r"^[0-9]{1,19}$",
    },
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
}
WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]{1,11}(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {
        "type": "string",
        "description": "Field names joined by commas.",
        "pattern": r"^[A-Za-z0-9.,*]*$",
    },
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
    },
    "google.protobuf.Empty": {"type": "object", "maxProperties": 0},
}
_KNOWN_LIMITS: dict[str, Schema] = {
    "google.type.LatLng.latitude": {"minimum": -90, "maximum": 90},
    "google.type.LatLng.longitude": {"minimum": -180, "maximum": 180},
    "google.type.Date.year": {"minimum": 0, "maximum": 9999},
    "google.type.Date.month": {"minimum": 0, "maximum": 12},
    "google.type.Date.day": {"minimum": 0, "maximum": 31},
}
"""Limits that Google's own comments give for their fields."""


class Schemas:
    """Collects the requested schemas and those they refer to, by message name."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, message: Descriptor) -> Schema:
        """A reference to the schema of a message; the schema itself for a well-known type."""
        if message.full_name in WELL_KNOWN:
            return WELL_KNOWN[message.full_name]
        if message.full_name not in self.components:
            self.components[message.full_name] = {}  # a message may refer to itself
            self.components[message.full_name] = self._object(message, message.fields)
        return {"$ref": f"#/components/schemas/{message.full_name}"}

    def of_body(self, request: Descriptor, in_path: Collection[str]) -> Schema:
        """A reference to the schema of a request body, without the fields in its path."""
        fields = [field for field in request.fields if field.name not in in_path]
        required = [field.json_name for field in fields if is_required(field)]
        schema = self._object(request, fields) | ({"required": required} if required else {})
        self.components[request.full_name] = schema
        return {"$ref": f"#/components/schemas/{request.full_name}"}

    def _object(self, message: Descriptor, fields: Iterable[FieldDescriptor]) -> Schema:
        properties = {field.json_name: self.of_field(field) for field in fields}
        return {"type": "object", **_described(message.full_name), "properties": properties}

    def of_field(self, field: FieldDescriptor) -> Schema:
        """The schema of a field, with its limits and its comment."""
        return self._of_value(field) | _described(field.full_name) | _behavior(field)

    def _of_value(self, field: FieldDescriptor) -> Schema:
        entry, rules = field.message_type, limits.rules_of(field)
        if entry is not None and entry.GetOptions().map_entry:
            value = self._of_one(entry.fields_by_name["value"]) | limits.of_one(rules.map.values)
            return {"type": "object", "additionalProperties": value} | limits.of_map(rules)
        if field.is_repeated:
            items = self._of_one(field) | limits.of_one(rules.repeated.items)
            return {"type": "array", "items": items} | limits.of_list(rules)
        return self._of_one(field) | limits.of_one(rules) | _KNOWN_LIMITS.get(field.full_name, {})

    def _of_one(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            return self.of(field.message_type)
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/=_-]*$"}
        return _SCALARS[field.cpp_type]

    def _enum(self, enum: EnumDescriptor) -> Schema:
        if enum.full_name not in self.components:
            names = [value.name for value in enum.values]
            meanings = {name: comment(f"{enum.full_name}.{name}") for name in names}
            self.components[enum.full_name] = {
                "type": "string",
                "enum": names,
                **_described(enum.full_name),
                "x-enum-descriptions": meanings,
            }
        return {"$ref": f"#/components/schemas/{enum.full_name}"}


def is_required(field: FieldDescriptor) -> bool:
    """True if the contract requires a field."""
    return field_behavior_pb2.REQUIRED in _behaviors(field)


def _behavior(field: FieldDescriptor) -> Schema:
    behaviors = _behaviors(field)
    if field_behavior_pb2.OUTPUT_ONLY in behaviors:
        return {"readOnly": True}
    return {"writeOnly": True} if field_behavior_pb2.INPUT_ONLY in behaviors else {}


def _behaviors(field: FieldDescriptor) -> list[int]:
    return list(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])


def _described(full_name: str) -> Schema:
    text = comment(full_name)
    return {"description": text} if text else {}
