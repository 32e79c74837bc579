"""JSON Schemas of messages, as ProtoJSON writes them."""

from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

Schema = dict[str, Any]

_SCALARS: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "minimum": 0},
    FieldDescriptor.CPPTYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "string", "format": "uint64"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
}
WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string", "description": "Field names joined by commas."},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.Any": {"type": "object"},
    "google.protobuf.Empty": {"type": "object"},
}


class Schemas:
    """The schemas that were asked for, and those that they refer to, by the name of the message."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, message: Descriptor) -> Schema:
        """A reference to the schema of a message, or the schema itself of a well-known one."""
        if message.full_name in WELL_KNOWN:
            return WELL_KNOWN[message.full_name]
        if message.full_name not in self.components:
            self.components[message.full_name] = {}  # messages may refer to themselves
            self.components[message.full_name] = {
                "type": "object",
                "properties": {field.json_name: self.of_field(field) for field in message.fields},
            }
        return {"$ref": f"#/components/schemas/{message.full_name}"}

    def of_field(self, field: FieldDescriptor) -> Schema:
        """The schema of a field."""
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            value = self.of_field(entry.fields_by_name["value"])
            return {"type": "object", "additionalProperties": value}
        if field.is_repeated:
            return {"type": "array", "items": self._of_one(field)}
        return self._of_one(field)

    def _of_one(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            return self.of(field.message_type)
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        return _SCALARS[field.cpp_type]

    def _enum(self, enum: EnumDescriptor) -> Schema:
        names = [value.name for value in enum.values]
        self.components.setdefault(enum.full_name, {"type": "string", "enum": names})
        return {"$ref": f"#/components/schemas/{enum.full_name}"}
