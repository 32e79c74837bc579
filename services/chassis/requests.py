"""From bytes to a request that keeps its contract: size, parsing, protovalidate rules."""

from typing import TypeVar

import protovalidate
from google.protobuf.message import DecodeError, Message
from protovalidate import Violation

from services.chassis.errors import FieldViolation, InvalidArgument

MessageT = TypeVar("MessageT", bound=Message)

_validator = protovalidate.Validator()


def parsed(message_type: type[MessageT], data: bytes, max_bytes: int) -> MessageT:
    """The request in `data`, checked by the rules of its contract.

    Raises:
        InvalidArgument: too large, not protobuf, or against a rule; names the fields.
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


def check(message: Message, prefix: str = "") -> None:
    """Check a message by the rules of its contract.

    Raises:
        InvalidArgument: naming each field that breaks a rule, with `prefix` before its path.
    """
    if violations := violations_of(message, prefix):
        raise InvalidArgument(
            "; ".join(
                f"{v.field}: {v.description}" if v.field else v.description for v in violations
            ),
            violations=violations,
        )


def violations_of(message: Message, prefix: str = "") -> list[FieldViolation]:
    """Each field of the message that breaks a rule of its contract."""
    return [
        FieldViolation(prefix + field_path(violation), violation.proto.message)
        for violation in _validator.collect_violations(message)
    ]


def field_path(violation: Violation) -> str:
    """The path as `names[2]`, `origin.point` or `external_ids["gln"]`."""
    parts = []
    field = violation.proto.field
    for element in field.elements if field else ():
        part = element.field_name
        if element.subscript is not None:
            key = element.subscript.value
            part += f'["{key}"]' if isinstance(key, str) else f"[{key}]"
        parts.append(part)
    return ".".join(parts)
