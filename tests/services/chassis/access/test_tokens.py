"""Tokens: only those of our issuer, for us, by a pinned algorithm, in time, with a known role."""

import base64
import hmac
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from services.chassis.access import tokens
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessError, AccessSettings
from services.chassis.access.tokens import Tokens
from services.chassis.caller import Caller

KEY = ECKey.generate_key("P-256", {"kid": "2026"})
OTHER = ECKey.generate_key("P-256", {"kid": "2026"})
NEXT = ECKey.generate_key("P-256", {"kid": "2027"})
CLAIMS = {
    "iss": "https://id.shop.example",
    "aud": "enrayon",
    "sub": "till-4",
    "role": "channel",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jwks") / "keys.json"
    path.write_text(json.dumps(KeySet([KEY]).as_dict(private=False)))
    return path


@pytest.fixture(scope="module")
def checker(file: Path) -> Tokens:
    return Tokens(settings_of(file))


def settings_of(file: Path, **changes: Any) -> AccessSettings:
    fields = {
        "access": "enforced",
        "jwt_keys": file,
        "jwt_issuer": "https://id.shop.example",
        "jwt_audience": "enrayon",
        "jwt_algorithms": ["ES256"],
        **changes,
    }
    return AccessSettings(**fields)


def token(key: Any = KEY, alg: str = "ES256", kid: str | None = "2026", **changes: Any) -> str:
    claims = {**CLAIMS, "exp": int(time.time()) + 600, **changes}
    header = {"alg": alg} | ({"kid": kid} if kid else {})
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, kept, key, algorithms=[alg])


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_token_says_who_calls(checker: Tokens):
    assert (Caller("jwt/till-4"), Role.CHANNEL, None) == checker.read(token())
    admin = checker.read(token(role="admin", scope="stock.AdjustStock hours"))
    assert (
        Caller("jwt/till-4", admin=True),
        Role.ADMIN,
        ("stock.AdjustStock", "hours"),
    ) == admin


@pytest.mark.parametrize("scope", ["", " "])
def test_an_empty_scope_admits_nothing(checker: Tokens, scope):
    assert (Caller("jwt/till-4"), Role.CHANNEL, ()) == checker.read(token(scope=scope))


def test_a_token_of_shop_staff_names_its_stores(checker: Tokens):
    staff = token(role="staff", stores=["us-1", "us-2"])
    bound = Caller("jwt/till-4", stores=frozenset({"stores/us-1", "stores/us-2"}))

    assert (bound, Role.STAFF, None) == checker.read(staff)
    assert (bound, Role.STAFF, ("stock",)) == checker.read(
        token(role="staff", stores=["us-1", "us-2"], scope="stock")
    )


@pytest.mark.parametrize("stores", [None, []], ids=["absent", "empty"])
def test_staff_may_be_of_no_store(checker: Tokens, stores):
    nowhere = Caller("jwt/till-4", stores=frozenset())
    assert (nowhere, Role.STAFF, None) == checker.read(token(role="staff", stores=stores))


def test_the_claim_of_the_stores_has_a_name_of_its_own(file: Path):
    other = Tokens(settings_of(file, jwt_stores_claim="https://shop.example/branches"))
    bound = Caller("jwt/till-4", stores=frozenset({"stores/us-1"}))
    branches = {"https://shop.example/branches": ["us-1"]}

    assert (bound, Role.STAFF, None) == other.read(token(role="staff", **branches))
    assert (Caller("jwt/till-4", stores=frozenset()), Role.STAFF, None) == other.read(
        token(role="staff", stores=["us-1"])
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"role": "staff", "stores": "us-1"}, id="stores in a text"),
        pytest.param({"role": "staff", "stores": ["*"]}, id="all stores"),
        pytest.param({"role": "staff", "stores": ["us-1", 7]}, id="a store that is a number"),
        pytest.param({"role": "staff", "stores": ["stores/us-1"]}, id="a name for an id"),
        pytest.param({"role": "staff", "stores": {"us-1": True}}, id="stores in an object"),
        pytest.param({"role": "channel", "stores": ["us-1"]}, id="stores of a channel"),
        pytest.param({"role": "admin", "stores": []}, id="stores of an admin"),
        pytest.param({"iss": "https://id.other.example"}, id="another issuer"),
        pytest.param({"iss": None}, id="no issuer"),
        pytest.param({"aud": "payroll"}, id="for another"),
        pytest.param({"aud": None}, id="for nobody"),
        pytest.param({"exp": 1_700_000_000}, id="expired"),
        pytest.param({"exp": None}, id="for ever"),
        pytest.param({"exp": "tomorrow"}, id="an end that is none"),
        pytest.param({"nbf": 4_000_000_000}, id="not yet"),
        pytest.param({"iat": 4_000_000_000}, id="from the future"),
        pytest.param({"sub": None}, id="nobody"),
        pytest.param({"sub": ""}, id="a name that is none"),
        pytest.param({"sub": 7}, id="a number"),
        pytest.param({"role": None}, id="no role"),
        pytest.param({"role": "root"}, id="no role that we know"),
        pytest.param({"role": ["admin"]}, id="roles in a list"),
        pytest.param({"scope": ["stock"]}, id="scopes in a list"),
    ],
)
def test_claims_that_do_not_hold_are_refused(checker: Tokens, changes: dict[str, Any]):
    assert checker.read(token(**changes)) is None


def test_a_signature_that_does_not_hold_is_refused(checker: Tokens):
    good = token()
    head, body, signature = good.split(".")
    forged = unpadded(b'{"role":"admin"}')

    assert checker.read(good) is not None
    assert checker.read(token(OTHER)) is None
    assert checker.read(token(kid="2027")) is None
    assert checker.read(f"{head}.{forged}.{signature}") is None
    assert checker.read(f"{head}.{body}.") is None


def test_no_algorithm_but_those_pinned_is_taken(checker: Tokens):
    none, hs256 = unpadded(b'{"alg":"none"}'), unpadded(b'{"alg":"HS256","kid":"2026"}')
    body = token().split(".")[1]
    # The public key's own text as a shared secret: the classic confusion of algorithms.
    signature = hmac.digest(KEY.as_pem(private=False), f"{hs256}.{body}".encode(), "sha256")
    rsa = RSAKey.generate_key(2048, {"kid": "2026"})

    assert checker.read(f"{none}.{body}.") is None
    assert checker.read(f"{hs256}.{body}.{unpadded(signature)}") is None
    assert checker.read(token(rsa, "RS256")) is None


@given(st.text(max_size=300))
def test_no_other_text_is_a_token(checker: Tokens, text: str):
    assert checker.read(text) is None


@given(st.lists(st.binary(max_size=60), min_size=3, max_size=5))
def test_nothing_in_the_shape_of_a_token_is_one(checker: Tokens, parts: list[bytes]):
    shaped = ".".join(unpadded(part) for part in parts)
    assert checker.read(shaped) is None


def test_an_overlong_token_is_not_even_looked_at(checker: Tokens, monkeypatch):
    def unexpected(*_: Any, **__: Any) -> None:
        raise AssertionError("was decoded")

    monkeypatch.setattr(jwt, "decode", unexpected)
    assert checker.read("a" * (tokens.MAX_BYTES + 1)) is None


def test_a_good_token_is_remembered_only_until_it_expires(checker: Tokens, monkeypatch):
    good = token()
    assert checker.read(good)
    later = time.time() + 601 + tokens.LEEWAY_S
    monkeypatch.setattr(time, "time", lambda: later)

    assert checker.read(good) is None


def test_a_new_file_of_keys_is_taken_up_and_ends_the_tokens_of_the_old(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tokens, "LOOK_AT_FILE_S", 0.0)
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(KeySet([KEY]).as_dict(private=False)))
    checker = Tokens(settings_of(path))
    old, new = token(), token(NEXT, kid="2027")
    assert (True, False) == (checker.read(old) is not None, checker.read(new) is not None)

    path.write_text(json.dumps(KeySet([NEXT]).as_dict(private=False)))
    os.utime(path, ns=(1, 2_000_000_000_000_000_000))
    assert (False, True) == (checker.read(old) is not None, checker.read(new) is not None)

    path.write_text("half a f")
    os.utime(path, ns=(1, 2_000_000_001_000_000_000))
    assert checker.read(new) is not None


def test_with_several_keys_a_token_must_name_its_own(tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(KeySet([KEY, NEXT]).as_dict(private=False)))
    checker = Tokens(settings_of(path))

    assert checker.read(token()) is not None
    assert checker.read(token(NEXT, kid="2027")) is not None
    assert checker.read(token(kid=None)) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="a list"),
        pytest.param('{"keys": []}', id="no keys"),
        pytest.param(json.dumps(KeySet([KEY]).as_dict(private=True)), id="a private key"),
        pytest.param(
            json.dumps(KeySet([OctKey.generate_key(256)]).as_dict(private=True)), id="a secret"
        ),
    ],
)
def test_a_file_of_other_things_is_refused_at_start(tmp_path: Path, content: str):
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(AccessError, match="ENRAYON_JWT_KEYS"):
        Tokens(settings_of(path))
