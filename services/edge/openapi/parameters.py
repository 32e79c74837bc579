"""The parameters of an operation, in its path and in its query."""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.edge.openapi.comments import comment
from services.edge.openapi.limits import rules_of
from services.edge.openapi.schemas import WELL_KNOWN, Schemas, is_required

_VARIABLE = re.compile(r"\{([^=}]+)(?:=([^}]+))?\}")
MAX_SEGMENT = 190
"""Length limit of a path segment without one in the contract, in characters."""


def openapi_path(template: str) -> tuple[str, dict[str, list[str]]]:
    """The OpenAPI path of a `google.api.http` template, and the parameters of each variable.

    A parameter has the singular name of its collection, so that all methods of a resource share a
    path: `/v1/{name=stores/*/closures/*}:cancel` becomes
    `/v1/stores/{store}/closures/{closure}:cancel`.
    """
    variables: dict[str, list[str]] = {}

    def replaced(match: re.Match[str]) -> str:
        segments = (match[2] or "*").split("/")
        collections = [match[1], *segments]
        variables[match[1]] = [
            collection.removesuffix("s")
            for collection, segment in zip(collections, segments, strict=False)
            if segment == "*"
        ]
        left = iter(variables[match[1]])
        return "/".join(f"{{{next(left)}}}" if part == "*" else part for part in segments)

    return _VARIABLE.sub(replaced, template), variables


def in_path(request: Descriptor, template: str) -> list[dict[str, Any]]:
    """The parameters in a path."""
    found = []
    for match in _VARIABLE.finditer(template):
        field = _field(request, match[1].split("."))
        names = openapi_path(match[0])[1][match[1]]
        for name, pattern in zip(names, _patterns(field, match[2] or "*"), strict=True):
            schema = {"type": "string", "minLength": 1, "maxLength": MAX_SEGMENT}
            found.append(
                {"name": name, "in": "path", "required": True}
                | {"schema": schema | {"pattern": pattern}}
                | _described(field)
            )
    return found


def in_query(request: Descriptor, without: set[str], schemas: Schemas) -> list[dict[str, Any]]:
    """The parameters in a query: the fields that are neither in the path nor in the body."""
    return [
        {"name": name, "in": "query", "schema": schemas.of_field(field)}
        | ({"required": True} if is_required(field) and "." not in name else {})
        | _described(field)
        for name, field in _leaves(request, "", frozenset())
        if not any(name == left or name.startswith(f"{left}.") for left in without)
    ]


def _field(request: Descriptor, path: list[str]) -> FieldDescriptor:
    field = request.fields_by_name[path[0]]
    if len(path) == 1 or field.message_type is None:
        return field
    return _field(field.message_type, path[1:])


def _patterns(field: FieldDescriptor, template: str) -> list[str]:
    """The pattern of each star of a template, from the field's rule; any segment without one."""
    rule = rules_of(field).string.pattern.removeprefix("^").removesuffix("$")
    parts, segments = re.sub(r"\([^)]*\)", "-", rule).split("/"), template.split("/")
    known = parts if len(parts) == len(segments) else ["[^/]+"] * len(segments)
    return [f"^{part}$" for part, segment in zip(known, segments, strict=True) if segment == "*"]


def _leaves(
    message: Descriptor, prefix: str, above: frozenset[str]
) -> Iterator[tuple[str, FieldDescriptor]]:
    for field in message.fields:
        inner, name = field.message_type, f"{prefix}{field.name}"
        if inner is None or (inner.full_name in WELL_KNOWN and not field.is_repeated):
            yield name, field
        elif not field.is_repeated and inner.full_name not in above:
            yield from _leaves(inner, f"{name}.", above | {message.full_name})


def _described(field: FieldDescriptor) -> dict[str, str]:
    text = comment(field.full_name)
    return {"description": text} if text else {}
