"""The OpenAPI description of the pick-up call, with the schemas of the contracts."""

from typing import Any

from enrayon.aisle.v1 import aisle_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services.edge.openapi.schemas import WELL_KNOWN, Schemas
from services.edge.pickup import lists
from services.edge.pickup.rest import PATH

TITLE = "Pick-up options for a basket: distance, opening state, stock, ready time and shelves"
_LANGUAGE = {
    "type": "string",
    "maxLength": 35,
    "description": "The language of words and addresses: `en`, `fr`, `fi` or `de`.",
}


def described() -> dict[str, Any]:
    """The members `paths` and `schemas` to add to the OpenAPI document."""
    schemas = Schemas()
    option = schemas.of(stock_pb2.PickupOption.DESCRIPTOR)
    rest = schemas.of(stock_pb2.FindPickupOptionsResponse.DESCRIPTOR)
    joined = {
        "type": "object",
        "properties": {
            "options": {"type": "array", "items": {"allOf": [option, _added(schemas)]}},
            "unreachable": {
                "type": "array",
                "items": {"enum": ["aisle", "hours", "stock"]},
                "description": "Services that cannot be reached; their part is missing.",
            },
        },
        "required": ["options"],
    }
    answer = {"allOf": [rest, joined]}
    request = schemas.of_body(stock_pb2.FindPickupOptionsRequest.DESCRIPTOR, ())
    body = {"allOf": [request, {"properties": {"languageCode": _LANGUAGE}}]}
    responses = {"200": {"description": TITLE, "content": {"application/json": {"schema": answer}}}}
    common = {"summary": TITLE, "description": f"{TITLE}.", "responses": responses}
    return {
        "paths": {
            PATH: {
                "get": {**common, "operationId": "findPickupOptions", "parameters": _query()},
                "post": {
                    **common,
                    "operationId": "findPickupOptions_2",
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": body}},
                    },
                },
            },
            lists.PATH: {"get": _lists(schemas)},
        },
        "schemas": schemas.components,
    }


def _lists(schemas: Schemas) -> dict[str, Any]:
    title = "The pick-up queue of a store, each hold with its lines in aisle order"
    text: dict[str, Any] = {"type": "string", "maxLength": 2000}
    line = {
        "type": "object",
        "properties": {
            "product": text,
            "quantity": {"type": "integer"},
            "displayName": text,
            "address": text | {"description": "The shelf in words, if it is known."},
        },
        "required": ["product", "quantity"],
    }
    entry = schemas.of(stock_pb2.PickupQueueEntry.DESCRIPTOR)
    added = {"properties": {"lines": {"type": "array", "items": line}}, "required": ["lines"]}
    answer = {
        "type": "object",
        "properties": {
            "entries": {"type": "array", "items": {"allOf": [entry, added]}},
            "nextPageToken": text,
            "unreachable": {"type": "array", "items": {"enum": ["aisle"]}},
        },
        "required": ["entries"],
    }
    size = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    parameters: dict[str, dict[str, Any]] = {
        "parent": {"type": "string", "pattern": "^stores/[a-z0-9][a-z0-9._~-]*$", "maxLength": 200},
        "page_size": size,
        "page_token": text,
        "language_code": _LANGUAGE,
    }
    return {
        "operationId": "findPickupLists",
        "summary": title,
        "description": f"{title}. For the staff of the store.",
        "parameters": [
            {"name": name, "in": "query", "schema": schema, "required": name == "parent"}
            for name, schema in parameters.items()
        ],
        "responses": {
            "200": {"description": title, "content": {"application/json": {"schema": answer}}}
        },
    }


def _added(schemas: Schemas) -> dict[str, Any]:
    located = {"type": "array", "items": schemas.of(aisle_pb2.LocatedProduct.DESCRIPTOR)}
    unlocated = {"type": "array", "items": schemas.of(aisle_pb2.MissingProduct.DESCRIPTOR)}
    return {
        "properties": {
            "openState": schemas.of(hours_pb2.OpenState.DESCRIPTOR),
            "located": located | {"description": "Products with their shelves."},
            "unlocated": unlocated | {"description": "Products without a known shelf."},
            "floorPlan": {"type": "string"},
        }
    }


def _query() -> list[dict[str, Any]]:
    number, text = {"type": "number"}, {"type": "string", "maxLength": 200}
    item = {
        "type": "string",
        "pattern": "^products/[A-Za-z0-9][A-Za-z0-9._~-]*(:[1-9][0-9]{0,5})?$",
    }
    methods = {"type": "string", "enum": list(stock_pb2.PickupMethod.keys())}
    parameters: dict[str, dict[str, Any]] = {
        "items": {"type": "array", "items": item, "minItems": 1, "maxItems": 100},
        "origin.place": text,
        "origin.h3_cell": {"type": "string", "pattern": "^[0-9a-fA-F]{15}$"},
        "origin.point.latitude": number | {"minimum": -90, "maximum": 90},
        "origin.point.longitude": number | {"minimum": -180, "maximum": 180},
        "radius_m": number | {"minimum": 0, "maximum": 1_000_000},
        "method": methods,
        "max_results": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
        "open_at": WELL_KNOWN["google.protobuf.Timestamp"],
        "services": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 100},
            "maxItems": 20,
        },
        "read_mask": WELL_KNOWN["google.protobuf.FieldMask"],
        "language_code": _LANGUAGE,
    }
    return [
        {"name": name, "in": "query", "schema": schema, "required": name == "items"}
        for name, schema in parameters.items()
    ]
