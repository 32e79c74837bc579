"""Turns the rules of protovalidate into keywords of JSON Schema.

A rule without a keyword (CEL, durations) is left out: the document then allows more than the
service, which answers 400.
"""

from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor

Schema = dict[str, Any]


def rules_of(field: FieldDescriptor) -> Any:
    """The `FieldRules` of a field."""
    return field.GetOptions().Extensions[validate_pb2.field]


def of_list(rules: Any) -> Schema:
    """The keywords of a list, without those of its items."""
    return _present(
        minItems=None if _may_be_empty(rules) else _set(rules.repeated, "min_items"),
        maxItems=_set(rules.repeated, "max_items"),
        uniqueItems=rules.repeated.unique or None,
    )


def of_map(rules: Any) -> Schema:
    """The keywords of a map, without those of its values."""
    keys = of_one(rules.map.keys)
    return _present(
        minProperties=_set(rules.map, "min_pairs"),
        maxProperties=_set(rules.map, "max_pairs"),
        propertyNames=keys or None,
    )


def of_one(rules: Any) -> Schema:
    """The keywords of a single string or number."""
    kind = rules.WhichOneof("type")
    if kind == "string":
        return _of_text(rules)
    if kind in {"int32", "uint32", "double", "float"}:
        return _of_number(getattr(rules, kind), may_be_zero=_may_be_empty(rules))
    return {}


def _of_text(rules: Any) -> Schema:
    text, optional = rules.string, _may_be_empty(rules)
    pattern = text.pattern or None
    if pattern and optional:
        pattern = f"^$|{pattern}"
    allowed = list(getattr(text, "in"))
    return _present(
        minLength=None if optional else _set(text, "min_len"),
        maxLength=_set(text, "max_len"),
        pattern=pattern,
        enum=(["", *allowed] if optional else allowed) or None,
        format="uri" if text.WhichOneof("well_known") == "uri" and not optional else None,
    )


def _of_number(number: Any, *, may_be_zero: bool) -> Schema:
    least, above = _set(number, "gte"), _set(number, "gt")
    if may_be_zero:  # zero means that the field is not set
        least, above = None if (least or 0) > 0 else least, None if (above or 0) >= 0 else above
    return _present(
        minimum=least,
        exclusiveMinimum=above,
        maximum=_set(number, "lte"),
        exclusiveMaximum=_set(number, "lt"),
    )


def _may_be_empty(rules: Any) -> bool:
    return bool(rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE)


def _set(rules: Any, name: str) -> Any:
    return getattr(rules, name) if rules.HasField(name) else None


def _present(**keywords: Any) -> Schema:
    return {name: value for name, value in keywords.items() if value is not None}
