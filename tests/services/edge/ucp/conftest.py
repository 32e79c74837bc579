"""A UCP platform whose requests and answers are checked by the official models, made strict."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.directory.parts import Parts
from tests.support.edge_app import running
from tests.support.ucp import check_answer, check_request

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def ucp(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """The edge, over real services with real shops."""
    async with running(parts) as (url, _), httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
def ask(ucp: httpx.AsyncClient) -> Ask:
    """Make a request that keeps the schema; the answer must keep it too."""

    async def ask(
        operation: str, request: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        check_request(operation, request)
        response = await ucp.post(f"/ucp/locations/{operation}", json=request, headers=headers)
        answer: dict[str, Any] = response.json()
        assert 200 == response.status_code, answer
        check_answer(operation, answer)
        return answer

    return ask
