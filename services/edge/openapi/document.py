"""The paths of the document: one operation for each `google.api.http` binding."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.rpc.status_pb2 import Status

from services.edge.openapi.schemas import WELL_KNOWN, Schemas

_VARIABLE = re.compile(r"\{([^=}]+)(?:=([^}]+))?\}")


def document(services: Sequence[ServiceDescriptor], version: str, server: str) -> dict[str, Any]:
    """The OpenAPI document of these services, reached at `server`."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for service in services:
        for method in service.methods:
            for number, rule in enumerate(_bindings(method)):
                path, variables = openapi_path(_template(rule))
                operation = _operation(method, rule, variables, schemas, number)
                paths.setdefault(path, {})[rule.WhichOneof("pattern")] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "enrayon", "version": version, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": server}],
        "tags": [{"name": service.name} for service in services],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.components.items()))},
    }


def openapi_path(template: str) -> tuple[str, dict[str, list[str]]]:
    """A template of `google.api.http` as a path, and the parameters that make each variable.

    `/v1/{name=stores/*/hours}:export` becomes `/v1/stores/{name}/hours:export`.
    """
    variables: dict[str, list[str]] = {}

    def replaced(match: re.Match[str]) -> str:
        field, pattern = match[1], match[2] or "*"
        stars = pattern.count("*")
        names = [field if number == 0 else f"{field}_{number + 1}" for number in range(stars)]
        variables[field] = names
        left = iter(names)
        return re.sub(r"\*", lambda _: f"{{{next(left)}}}", pattern)

    return _VARIABLE.sub(replaced, template), variables


def _bindings(method: MethodDescriptor) -> Iterator[http_pb2.HttpRule]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    if rule.WhichOneof("pattern"):
        yield rule
        yield from rule.additional_bindings


def _template(rule: http_pb2.HttpRule) -> str:
    return str(getattr(rule, rule.WhichOneof("pattern")))


def _operation(
    method: MethodDescriptor,
    rule: http_pb2.HttpRule,
    variables: dict[str, list[str]],
    schemas: Schemas,
    number: int,
) -> dict[str, Any]:
    request = method.input_type
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for names in variables.values()
        for name in names
    ]
    operation: dict[str, Any] = {
        "operationId": f"{method.containing_service.name}_{method.name}"
        + (f"_{number + 1}" if number else ""),
        "tags": [method.containing_service.name],
    }
    if rule.body:
        body = schemas.of(request)
        if rule.body != "*":
            body = schemas.of_field(request.fields_by_name[rule.body])
            parameters += _query(request, {*variables, rule.body}, schemas)
        if method.client_streaming:
            body = {"type": "array", "items": body}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    else:
        parameters += _query(request, set(variables), schemas)
    answer = {"application/json": {"schema": schemas.of(method.output_type)}}
    streamed = "A stream: one such object a line."
    described = streamed if method.server_streaming else "The answer."
    error = {"application/json": {"schema": schemas.of(Status.DESCRIPTOR)}}
    return operation | {
        "parameters": parameters,
        "responses": {
            "200": {"description": described, "content": answer},
            "default": {"description": "What is wrong, and where.", "content": error},
        },
    }


def _query(request: Descriptor, without: set[str], schemas: Schemas) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": schemas.of_field(field)}
        for name, field in _leaves(request, "", frozenset())
        if not any(name == left or name.startswith(f"{left}.") for left in without)
    ]


def _leaves(
    message: Descriptor, prefix: str, above: frozenset[str]
) -> Iterator[tuple[str, FieldDescriptor]]:
    for field in message.fields:
        inner, name = field.message_type, f"{prefix}{field.name}"
        if inner is None or (inner.full_name in WELL_KNOWN and not field.is_repeated):
            yield name, field
        elif not field.is_repeated and inner.full_name not in above:
            yield from _leaves(inner, f"{name}.", above | {message.full_name})
