"""The OpenAPI document describes every method, as Envoy routes it."""

from typing import Any

import pytest

from services import app
from services.edge.openapi.document import document, openapi_path

DOCUMENT = document(app.descriptors(), "1.2.3", "https://shops.example")


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/stores", "/v1/stores"),
        ("/v1/stores:search", "/v1/stores:search"),
        ("/v1/stores/{name}", "/v1/{name=stores/*}"),
        ("/v1/stores/{name}/hours:export", "/v1/{name=stores/*/hours}:export"),
        ("/v1/stores/{name}/closures/{name_2}:cancel", "/v1/{name=stores/*/closures/*}:cancel"),
        ("/v1/stores/{store.name}", "/v1/{store.name=stores/*}"),
    ],
)
def test_a_path_has_a_parameter_for_each_star(path, template):
    assert path == openapi_path(template)[0]


def test_every_method_is_described():
    described = {
        operation["operationId"].split("_2")[0]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
    }
    methods = {f"{s.name}_{method.name}" for s in app.descriptors() for method in s.methods}

    assert methods == described


def test_a_search_by_query_has_its_leaves_as_parameters():
    operation = DOCUMENT["paths"]["/v1/stores:findNearest"]["get"]
    parameters = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"]}

    assert {"type": "number", "format": "double"} == parameters["origin.point.latitude"]
    assert {"type": "string", "format": "date-time"} == parameters["store_filter.open_at"]
    assert {"type": "array", "items": {"type": "string"}} == parameters["store_filter.brands"]
    assert "requestBody" not in operation


def test_a_change_has_its_resource_as_body_and_the_rest_as_parameters():
    operation = DOCUMENT["paths"]["/v1/stores/{store.name}"]["patch"]

    assert {"$ref": "#/components/schemas/enrayon.stores.v1.Store"} == (
        operation["requestBody"]["content"]["application/json"]["schema"]
    )
    assert {"store.name", "update_mask", "allow_missing", "validate_only"} == {
        parameter["name"] for parameter in operation["parameters"]
    }


def test_every_reference_leads_somewhere():
    schemas = DOCUMENT["components"]["schemas"]
    references: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            references.update(v for k, v in value.items() if k == "$ref")
            for each in value.values():
                collect(each)
        elif isinstance(value, list):
            for each in value:
                collect(each)

    collect(DOCUMENT)
    assert references
    assert {f"#/components/schemas/{name}" for name in schemas} >= references
