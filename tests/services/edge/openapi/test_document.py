"""The OpenAPI document describes every method with Envoy's paths."""

from typing import Any

import pytest

from services.client.contracts import CONTRACTS
from services.edge.openapi.document import document
from services.edge.openapi.parameters import openapi_path

DOCUMENT = document(CONTRACTS, "1.2.3", "https://shops.example")


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/stores", "/v1/stores"),
        ("/v1/stores:search", "/v1/stores:search"),
        ("/v1/stores/{store}", "/v1/{name=stores/*}"),
        ("/v1/stores/{store}/hours:export", "/v1/{name=stores/*/hours}:export"),
        ("/v1/stores/{store}/closures/{closure}:cancel", "/v1/{name=stores/*/closures/*}:cancel"),
        ("/v1/stores/{store}", "/v1/{store.name=stores/*}"),
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
    methods = {f"{s.name}_{method.name}" for s in CONTRACTS for method in s.methods}

    assert methods == described


def test_a_search_by_query_has_its_leaves_as_parameters():
    operation = DOCUMENT["paths"]["/v1/stores:findNearest"]["get"]
    parameters = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"]}

    latitude = parameters["origin.point.latitude"]
    assert ("number", -90, 90) == (latitude["type"], latitude["minimum"], latitude["maximum"])
    assert "date-time" == parameters["store_filter.open_at"]["format"]
    assert "array" == parameters["store_filter.brands"]["type"]
    assert "requestBody" not in operation


def test_a_change_has_its_resource_as_body_and_the_rest_as_parameters():
    operation = DOCUMENT["paths"]["/v1/stores/{store}"]["patch"]
    parameters = {(each["in"], each["name"]) for each in operation["parameters"]}

    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert "#/components/schemas/enrayon.stores.v1.Store" == body["$ref"]
    assert {("path", "store")} | {
        ("query", name) for name in ("update_mask", "allow_missing", "validate_only")
    } == parameters


def test_a_body_leaves_out_what_its_path_says_and_names_what_it_must_have():
    body = DOCUMENT["components"]["schemas"]["enrayon.stock.v1.CreateReservationRequest"]

    assert "parent" not in body["properties"]
    assert ["items"] == body["required"]


def test_the_limits_of_the_contracts_are_those_of_the_document():
    schemas = DOCUMENT["components"]["schemas"]
    basket = schemas["enrayon.stock.v1.FindPickupOptionsRequest"]["properties"]["items"]
    cell = schemas["enrayon.type.v1.Origin"]["properties"]["h3Cell"]
    path = DOCUMENT["paths"]["/v1/products/{product}"]["get"]["parameters"][0]["schema"]

    assert (1, 100) == (basket["minItems"], basket["maxItems"])
    assert "^[0-9a-fA-F]{15}$" == cell["pattern"]
    assert "^[A-Za-z0-9][A-Za-z0-9._~-]*$" == path["pattern"]


def test_everything_says_what_it_is():
    operations = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    own = {n: s for n, s in DOCUMENT["components"]["schemas"].items() if n.startswith("enrayon.")}
    fields = [p for schema in own.values() for p in schema.get("properties", {}).values()]

    assert all(each["summary"] and each["description"] for each in operations)
    assert [] == [name for name, schema in own.items() if not schema.get("description")]
    assert all(field.get("description") for field in fields)


def test_every_answer_that_is_not_200_is_a_status():
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            others = operation["responses"].keys() - {"200"}
            assert DOCUMENT["components"]["responses"].keys() == {f"Problem{s}" for s in others}


def test_every_reference_leads_somewhere():
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
    there = {
        f"#/components/{kind}/{name}"
        for kind, parts in DOCUMENT["components"].items()
        for name in parts
    }
    assert references
    assert there >= references


def test_the_list_of_an_answer_is_always_there():
    found = DOCUMENT["components"]["schemas"]["enrayon.stores.v1.FindNearestStoresResponse"]
    store = DOCUMENT["components"]["schemas"]["enrayon.stores.v1.Store"]

    assert ["stores"] == found["required"]
    assert "required" not in store
