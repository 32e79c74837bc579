"""A UCP platform whose requests and answers are checked against the schemas of UCP."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from services.directory.parts import Parts
from tests.support.edge_app import running
from tests.support.paths import SCHEMAS

Ask = Callable[[str, dict[str, Any]], Any]
Validate = Callable[[str, Any], None]


@pytest.fixture(scope="session")
def validate() -> Validate:
    """Check a value against a definition, such as `common/location_search.json#/$defs/x`.

    Without the schemas, which are not part of the project, it accepts every value; a test of
    `test_rules.py` is then skipped, which says so.
    """
    if not SCHEMAS.is_dir():
        return lambda *_: None
    documents = [json.loads(path.read_text()) for path in SCHEMAS.rglob("*.json")]
    registry: Registry[Any] = Registry().with_resources(
        (document["$id"], Resource.from_contents(document)) for document in documents
    )

    def check(reference: str, value: Any) -> None:
        schema = {"$ref": f"https://ucp.dev/schemas/{reference}"}
        Draft202012Validator(schema, registry=registry).validate(value)

    return check


@pytest.fixture
async def ucp(parts: Parts) -> AsyncIterator[Any]:
    """The edge, over real services with real shops."""
    async with running(parts) as (url, _), httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
def ask(ucp: Any, validate: Validate) -> Ask:
    """Make a request that keeps the schema; the answer must keep it too."""

    async def ask(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        schema = f"common/location_{operation}.json#/$defs/{operation}"
        validate(f"{schema}_request", request)
        response = await ucp.post(f"/ucp/locations/{operation}", json=request)
        answer: dict[str, Any] = response.json()
        assert 200 == response.status_code, answer
        validate(f"{schema}_response", answer)
        return answer

    return ask
