"""All contracts of enrayon as descriptors, and ways to walk them."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from buf.validate import validate_pb2
from google.api import annotations_pb2, field_behavior_pb2, http_pb2, resource_pb2
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
)

PROTOS = Path(__file__).parents[2] / "protos"

FILES: list[FileDescriptor] = [
    import_module(".".join(path.relative_to(PROTOS).with_suffix("").parts) + "_pb2").DESCRIPTOR
    for path in sorted((PROTOS / "enrayon").rglob("*.proto"))
]
METHODS: list[MethodDescriptor] = [
    method
    for file in FILES
    for service in file.services_by_name.values()
    for method in service.methods
]


class Binding(NamedTuple):
    """A way to call a method by HTTP."""

    verb: str
    path: str
    body: str


def all_messages() -> Iterator[Descriptor]:
    """Every message of the contracts; the entries of maps are none."""

    def within(message: Descriptor) -> Iterator[Descriptor]:
        if not message.GetOptions().map_entry:
            yield message
            for nested in message.nested_types:
                yield from within(nested)

    for file in FILES:
        for message in file.message_types_by_name.values():
            yield from within(message)


def all_enums() -> Iterator[EnumDescriptor]:
    """Every enumeration."""
    for file in FILES:
        yield from file.enum_types_by_name.values()
    for message in all_messages():
        yield from message.enum_types


def all_fields() -> Iterator[FieldDescriptor]:
    """Every field of every message."""
    for message in all_messages():
        yield from message.fields


MESSAGES = list(all_messages())
ENUMS = list(all_enums())
FIELDS = list(all_fields())
RESOURCES = [m for m in MESSAGES if m.GetOptions().HasExtension(resource_pb2.resource)]


def bindings(method: MethodDescriptor) -> list[Binding]:
    """How a method is called by HTTP; the first is the one its documentation shows."""
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    return [
        binding(each) for each in (rule, *rule.additional_bindings) if each.WhichOneof("pattern")
    ]


def binding(rule: http_pb2.HttpRule) -> Binding:
    verb = rule.WhichOneof("pattern")
    return Binding(verb, getattr(rule, verb), rule.body)


def resource(message: Descriptor) -> resource_pb2.ResourceDescriptor:
    """What a message says of itself as a resource."""
    return message.GetOptions().Extensions[resource_pb2.resource]


def reference(field: FieldDescriptor) -> str:
    """The type of resource that a field refers to; empty when it refers to none."""
    options = field.GetOptions().Extensions[resource_pb2.resource_reference]
    return str(options.type or options.child_type)


def behaves_as(field: FieldDescriptor, behavior: str) -> bool:
    """Whether a field is REQUIRED, IDENTIFIER, OUTPUT_ONLY, ..."""
    behaviors = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    return getattr(field_behavior_pb2, behavior) in behaviors


def rules(field: FieldDescriptor) -> Any:
    """The field's rules of protovalidate."""
    return field.GetOptions().Extensions[validate_pb2.field]


def has_message_rules(message: Descriptor) -> bool:
    """Whether a message has a rule about itself as a whole."""
    return bool(message.GetOptions().Extensions[validate_pb2.message].cel)


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def is_ours(message: Descriptor | None) -> bool:
    """Whether a message is of these contracts, and not of Google's."""
    return message is not None and message.full_name.startswith("enrayon.")


def request_fields(method: MethodDescriptor) -> Iterator[FieldDescriptor]:
    """Every field that a request can set, however deep; what only answers set is left out."""
    seen: set[str] = set()

    def within(message: Descriptor) -> Iterator[FieldDescriptor]:
        if message.full_name in seen:
            return
        seen.add(message.full_name)
        for field in message.fields:
            if behaves_as(field, "OUTPUT_ONLY"):
                continue
            yield field
            if is_ours(field.message_type) and not is_map(field):
                yield from within(field.message_type)

    yield from within(method.input_type)


REQUEST_FIELDS = {field.full_name: field for method in METHODS for field in request_fields(method)}
