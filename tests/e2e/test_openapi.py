"""schemathesis calls everything in the OpenAPI document; every answer fits it, and none is 5xx."""

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis as schemathesis_api
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from schemathesis.core.result import Ok

from enrayon.stores.v1 import stores_pb2
from tests.e2e.doors import Doors
from tests.e2e.suite import Suite

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)


@pytest.fixture(scope="module")
def document(shared_demo: Suite) -> Any:
    return shared_demo.get("/openapi.json")


def schemathesis(suite: Suite, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the request, with a store and a product of the demo in place of invented names."""
    [store] = suite.get("/v1/stores?page_size=1")["stores"]
    [product] = suite.get("/v1/products:search?query=m&page_size=1")["products"]
    config = folder / "schemathesis.toml"
    config.write_text(
        "[parameters]\n"
        f'"path.store" = {json.dumps(store["name"].removeprefix("stores/"))}\n'
        f'"path.product" = {json.dumps(product["name"].removeprefix("products/"))}\n'
    )
    paths = suite.get("/openapi.json")["paths"].values()
    operations = [operation for path in paths for operation in path.values()]
    # Answered by a line for each message, often without an end; a test below reads one.
    streams = [each["operationId"] for each in operations if each.get("x-streaming")]
    assert streams
    program = str(Path(sys.executable).with_name("schemathesis"))
    door = f"http://127.0.0.1:{suite.http_port}"
    return subprocess.run(
        [
            *(program, "--config-file", str(config), "run", f"{door}/openapi.json"),
            *(
                "--url",
                door,
                "--checks",
                CHECKS,
                "--exclude-operation-id-regex",
                f"^({'|'.join(streams)})$",
            ),
            *(
                "--continue-on-failure",
                "--no-color",
                "--warnings",
                "off",
                "--request-timeout",
                "60",
                *options,
            ),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_a_few_requests_of_every_operation(shared_demo, tmp_path):
    options = ("--phases", "fuzzing", "--max-examples", "1", "--seed", "1", "--no-shrink")
    done = schemathesis(shared_demo, tmp_path, *options)

    assert 0 == done.returncode, done.stdout[:6000]
    assert "passed" in done.stdout


def objects(value: Any, found: list[dict[str, Any]], schema: Any, components: Any) -> None:
    """Collects the objects in a body whose fields are those of a message, without other fields."""
    while isinstance(schema, dict) and "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        for each in value:
            objects(each, found, schema.get("items", {}), components)
    elif isinstance(value, dict) and "properties" in schema:
        found.append(value)
        for name in [*value]:
            if name in schema["properties"]:
                objects(value[name], found, schema["properties"][name], components)
            else:
                del value[name]


UNKNOWN = ("zoom", "open_at_", "lng", "Radius", "nextYear")


def test_an_unknown_field_is_refused_by_name_in_every_body_and_query(shared_demo, document):
    """Requests that fit the document, made by schemathesis, with one field more somewhere."""
    door = f"http://127.0.0.1:{shared_demo.http_port}"
    components = document["components"]["schemas"]
    draw = random.Random(20)
    asked: Counter[str] = Counter()
    with httpx.Client(base_url=door, timeout=60) as http:

        def refused(operation: Any) -> None:
            @settings(
                max_examples=2,
                database=None,
                derandomize=True,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(case=operation.as_strategy())
            def one(case: Any) -> None:
                path = re.sub(r"\{\w+\}", "x-1", operation.path)
                name = draw.choice(UNKNOWN)
                where: dict[str, Any] = {"params": {name: "1"}}
                schema = (operation.definition.raw.get("requestBody") or {}).get("content")
                found: list[dict[str, Any]] = []
                body = json.loads(json.dumps(case.body)) if schema else None
                if schema:
                    schema = schema["application/json"]["schema"]
                    objects(body, found, schema.get("allOf", [schema])[0], components)
                if found:
                    draw.choice(found)[name] = draw.choice([None, 1, {"a": []}, "x"])
                    where = {"json": body}
                answer = http.request(operation.method.upper(), path, **where)

                assert 400 == answer.status_code, (path, where, answer.text)
                assert f"{name}: there is no such field" in answer.json()["message"]
                asked["body" if found else "query"] += 1

            one()

        for result in schemathesis_api.openapi.from_dict(document).get_all_operations():
            assert isinstance(result, Ok)
            refused(result.ok())
    assert min(asked["body"], asked["query"]) > 40, asked


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_requests_of_every_operation(shared_demo, tmp_path):
    options = ("--phases", "coverage,fuzzing,stateful", "--max-examples", "100")
    done = schemathesis(shared_demo, tmp_path, *options, "--max-time", "1800")

    print(done.stdout[-2000:])
    assert 0 == done.returncode, done.stdout[:6000]


def test_a_stream_is_a_line_for_each_message_as_described(shared_demo, doors: Doors, document):
    [store] = shared_demo.get("/v1/stores?page_size=1")["stores"]
    door = f"http://127.0.0.1:{shared_demo.http_port}"
    operation = document["paths"]["/v1/stores:watch"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    registry: Registry[Any] = Registry().with_resource("urn:document", Resource.opaque(document))
    described = Draft202012Validator({"$ref": f"urn:document{schema['$ref']}"}, registry=registry)
    with httpx.stream("GET", f"{door}/v1/stores:watch", timeout=60) as answer:
        lines = answer.iter_lines()
        first = json.loads(next(lines))
        body = {"phones": ["+358 9 1211"]}
        httpx.patch(f"{door}/v1/{store['name']}?update_mask=phones", json=body).raise_for_status()
        change = first if "store" in first else json.loads(next(lines))

    described.validate(first)
    described.validate(change)
    assert ["+358 9 1211"] == change["store"]["phones"]
    assert stores_pb2.WatchStoresResponse.DESCRIPTOR.full_name in schema["$ref"]
