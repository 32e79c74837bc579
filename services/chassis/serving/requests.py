"""Parses requests and checks them by their contract: size, protobuf, protovalidate's rules."""

from itertools import islice
from typing import TypeVar

import protovalidate
from google.protobuf.message import DecodeError, Message
from protovalidate import Violation

from services.chassis.errors import MAX_VIOLATIONS, FieldViolation, InvalidArgument
from services.chassis.messages.plain_rules import surely_valid

MessageT = TypeVar("MessageT", bound=Message)

EVERY_VIOLATION_BYTES = 1024
"""Up to this size all violations are found. 64 KiB can hold 60,000, which would take 1.4 s."""

_validator = protovalidate.Validator()


def parsed(message_type: type[MessageT], data: bytes, max_bytes: int) -> MessageT:
    """The request in `data`, checked by the rules of its contract.

    Raises:
        InvalidArgument: it is too large, not protobuf, or breaks a rule; names the fields.
    """
    if len(data) > max_bytes:
        raise InvalidArgument(
            f"the request has {len(data)} bytes; this method takes at most {max_bytes}"
        )
    try:
        request = message_type.FromString(data)
    except DecodeError:
        raise InvalidArgument(f"not a valid {message_type.DESCRIPTOR.full_name}") from None
    check(request)
    return request


def check(message: Message) -> None:
    """Check a message by the rules of its contract.

    Raises:
        InvalidArgument: naming the fields that break a rule.
    """
    if violations := violations_of(message):
        raise InvalidArgument(
            "; ".join(
                f"{v.field}: {v.description}" if v.field else v.description for v in violations
            ),
            violations=violations,
        )


def violations_of(message: Message) -> list[FieldViolation]:
    """The fields of a message that break a rule of its contract; of a large message, the first."""
    if surely_valid(message):
        return []
    found = _validator.collect_violations(
        message, fail_fast=message.ByteSize() > EVERY_VIOLATION_BYTES
    )
    return [
        FieldViolation(field_path(violation), violation.proto.message)
        for violation in islice(found, MAX_VIOLATIONS)
    ]


def field_path(violation: Violation) -> str:
    """The path of a field: `names[2]`, `origin.point` or `external_ids["gln"]`."""
    parts = []
    field = violation.proto.field
    for element in field.elements if field else ():
        part = element.field_name
        if element.subscript is not None:
            key = element.subscript.value
            part += f'["{key}"]' if isinstance(key, str) else f"[{key}]"
        parts.append(part)
    return ".".join(parts)
