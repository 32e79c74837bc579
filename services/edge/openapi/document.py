"""The OpenAPI document: one operation for each `google.api.http` binding."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.api import http_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.rpc.status_pb2 import Status

from services.client.bindings import answer_list, bindings
from services.edge.openapi.comments import comment
from services.edge.openapi.parameters import in_path, in_query, openapi_path
from services.edge.openapi.schemas import Schemas

PROBLEMS = {
    "400": "The request is invalid; the details name the fields.",
    "401": "The credentials are missing or invalid.",
    "403": "The caller may not do this.",
    "404": "The resource does not exist.",
    "408": "The request did not arrive in time.",
    "409": "A conflict: the name is taken, or the etag is not current.",
    "413": "The request is too large.",
    "415": "The body is not JSON, or does not say so.",
    "429": "A limit is reached; the details say when to retry.",
    "431": "The path or the headers are too large.",
    "500": "A bug of the service; its log has the request id.",
    "503": "A service cannot be reached; the details say when to retry.",
    "504": "A service did not answer in time.",
}
"""Every HTTP status of an error. The body is always a `google.rpc.Status`."""


def document(
    services: Sequence[ServiceDescriptor],
    version: str,
    server: str,
    added: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The OpenAPI document of the services.

    Args:
        services: the contracts.
        version: the version of the suite.
        server: the public URL of the edge; empty: where the document lies.
        added: more paths and their schemas, as the members `paths` and `schemas`; the error
            responses are added to them.
    """
    schemas, paths = Schemas(), dict[str, dict[str, Any]]()
    for service in services:
        for method in service.methods:
            for number, rule in enumerate(bindings(method)):
                path, _ = openapi_path(_template(rule))
                verb = rule.WhichOneof("pattern")
                paths.setdefault(path, {})[verb] = _operation(method, rule, schemas, number)
    problem = {"application/json": {"schema": schemas.of(Status.DESCRIPTOR)}}
    for path, operations in (added or {}).get("paths", {}).items():
        paths[path] = {
            verb: each | {"responses": each["responses"] | _problems()}
            for verb, each in operations.items()
        }
    components = schemas.components | (added or {}).get("schemas", {})
    return {
        "openapi": "3.1.0",
        "info": {"title": "enrayon", "version": version, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": server or "/"}],
        "security": [{}, {"key": []}, {"token": []}],
        "tags": [
            {"name": service.name, "description": comment(service.full_name)}
            for service in services
        ],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {
                f"Problem{status}": {"description": text, "content": problem}
                for status, text in PROBLEMS.items()
            },
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _template(rule: http_pb2.HttpRule) -> str:
    return str(getattr(rule, rule.WhichOneof("pattern")))


def _operation(
    method: MethodDescriptor, rule: http_pb2.HttpRule, schemas: Schemas, number: int
) -> dict[str, Any]:
    request = method.input_type
    text = comment(method.full_name)
    operation: dict[str, Any] = {
        "operationId": f"{method.containing_service.name}_{method.name}"
        + (f"_{number + 1}" if number else ""),
        "summary": text.partition(". ")[0].removesuffix("."),
        "description": text,
        "tags": [method.containing_service.name],
    }
    parameters = in_path(request, _template(rule))
    variables = set(openapi_path(_template(rule))[1])
    if rule.body:
        if rule.body == "*":
            body = schemas.of_body(request, variables)
        else:
            body = schemas.of_field(request.fields_by_name[rule.body])
            parameters += in_query(request, {*variables, rule.body}, schemas)
        if method.client_streaming:
            body = {"type": "array", "items": body}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    else:
        parameters += in_query(request, variables, schemas)
    if method.server_streaming:
        operation["x-streaming"] = True
    return operation | {
        "parameters": parameters,
        "responses": {"200": _answer(method, schemas)} | _problems(),
    }


def _answer(method: MethodDescriptor, schemas: Schemas) -> dict[str, Any]:
    answer = {"application/json": {"schema": schemas.of(method.output_type)}}
    if name := answer_list(method):
        schemas.components[method.output_type.full_name]["required"] = [name]
    streamed = "A stream of such objects, one per line."
    return {
        "description": streamed if method.server_streaming else "The answer.",
        "content": answer,
    }


def _problems() -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in PROBLEMS}
