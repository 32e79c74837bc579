"""Too many requests of an address, and invalid tokens, are refused; other callers pass."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.rpc import code_pb2
from joserfc import jwt
from joserfc.jwk import ECKey

from services.edge.envoy import Address, Limits, Tokens, render
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub

FIND = "/v1/stores:findNearest"
ISSUER, AUDIENCE = "https://login.shop.example", "enrayon"
KEY = ECKey.generate_key("P-256", {"kid": "1", "use": "sig", "alg": "ES256"})
FORGED = ECKey.generate_key("P-256", {"kid": "1", "use": "sig", "alg": "ES256"})


async def test_who_asks_too_much_is_told_when_to_ask_again(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> None:
    config = render([SERVICE], free_address(), upstream[1], trusted_hops=1, limits=Limits(1))
    async with running(config, tmp_path) as edge:
        mine = {"x-forwarded-for": "192.0.2.1"}
        answers = [await edge.http.get(FIND, headers=mine) for _ in range(20)]
        other = await edge.http.get(FIND, headers={"x-forwarded-for": "192.0.2.2"})
        ready = await edge.http.get("/readyz", headers=mine)

    refused = [answer for answer in answers if answer.status_code == 429]
    assert {200, 429} == {answer.status_code for answer in answers}
    assert len(refused) > 10
    assert (code_pb2.RESOURCE_EXHAUSTED, "1") == (
        refused[0].json()["code"],
        refused[0].headers["retry-after"],
    )
    assert (200, 200) == (other.status_code, ready.status_code)


@pytest.fixture
async def guarded(
    upstream: tuple[Stub, Address], stub: Stub, tmp_path: Path
) -> AsyncIterator[Edge]:
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    tokens = Tokens(ISSUER, AUDIENCE, jwks)
    config = render([SERVICE], free_address(), upstream[1], tokens=tokens)
    async with running(config, tmp_path) as edge:
        yield edge


def token(key: ECKey = KEY, **claims: object) -> str:
    told = {"iss": ISSUER, "aud": AUDIENCE, "sub": "till-4", "exp": int(time.time()) + 600}
    made: str = jwt.encode({"alg": "ES256", "kid": "1"}, told | claims, key)
    return made


async def test_a_good_token_reaches_the_service(guarded: Edge, stub: Stub) -> None:
    good = f"Bearer {token()}"
    answer = await guarded.http.get(FIND, headers={"authorization": good})

    assert 200 == answer.status_code
    assert good == stub.metadata["authorization"]


@pytest.mark.parametrize(
    "bad",
    [
        token(FORGED),
        token(exp=int(time.time()) - 3600),
        token(iss="https://elsewhere.example"),
        token(aud="somebody"),
        token()[:-4] + "AAAA",
        "ey.not.one",
    ],
    ids=["forged", "expired", "another issuer", "another audience", "changed", "none"],
)
async def test_a_token_that_does_not_hold_goes_no_further(
    bad: str, guarded: Edge, stub: Stub
) -> None:
    answer = await guarded.http.get(FIND, headers={"authorization": f"Bearer {bad}"})

    refusal = (answer.status_code, answer.json()["code"])
    assert refusal in {(401, code_pb2.UNAUTHENTICATED), (403, code_pb2.PERMISSION_DENIED)}
    assert stub.requests == []


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer enrayon_app_secret"}])
async def test_a_key_or_nothing_is_for_the_services_to_judge(
    headers: dict[str, str], guarded: Edge, stub: Stub
) -> None:
    assert 200 == (await guarded.http.get(FIND, headers=headers)).status_code
