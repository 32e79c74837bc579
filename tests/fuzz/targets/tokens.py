"""What callers show: tokens, keys, receipts, QR codes, headers."""

import datetime as dt
import json
import time
from functools import cache
from typing import Any

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from enrayon.stores.v1.stores_pb2 import ListStoresRequest
from services.aisle.convert.anchor_links import Signed
from services.aisle.convert.anchor_links import Tokens as AnchorTokens
from services.chassis.access import keys
from services.chassis.access.authenticator import Authenticator
from services.chassis.access.credentials import Credentials
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.access.tokens import Tokens
from services.chassis.errors import InvalidArgument, PermissionDenied, Unauthenticated
from services.chassis.keyring import Key, Keyring
from services.chassis.messages.paging import PageTokens
from services.directory.watching import sequence_of, token_of
from services.events.model.sources import PARTITIONS
from services.events.resources import events
from services.stock.convert import entry_tokens
from services.stock.convert.names import reservation_name
from services.stock.errors import ReceiptInvalid
from services.stock.model.holds import HeldItem, Hold
from services.stock.resources.receipts import Receipts
from tests.fuzz.target import Refused, document_of, file_of, run, target, text_of

KEYRING = Keyring([Key(1, bytes(32))])
PAGES = PageTokens(KEYRING)
FIRST_PAGE = ListStoresRequest(page_size=10)
CURSOR = ["stores/kamppi", 7]
ANCHORS = AnchorTokens(KEYRING, "https://shop.example")
SIGNED = Signed("kamppi", "door", "0", 1.25, 3.5, 90)
GLN = "6400000000008"
HOLD = Hold(
    *("h1", "kamppi", "CONFIRMED", "anonymous", "", 1, 1, 2, 1, 1),
    (HeldItem("milk", 2, 2, 0, 0, 1),),
)
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
SIGNER = ECKey.generate_key("P-256", {"kid": "2026"})
ISSUER = {"iss": "https://id.shop.example", "aud": "enrayon"}


@target(lambda: [PAGES.encode(FIRST_PAGE, CURSOR).encode()], InvalidArgument)
def page_tokens(data: bytes) -> None:
    """Only what was signed is a cursor."""
    asked = ListStoresRequest(page_size=10, page_token=text_of(data))
    found = PAGES.decode(asked)
    if found is None:
        raise Refused
    assert found == CURSOR


@target(
    lambda: [ANCHORS.token(SIGNED).encode(), *(ANCHORS.url(SIGNED, g).encode() for g in ("", GLN))]
)
def anchors(data: bytes) -> None:
    """Only what was signed is an anchor, in whatever link it stands."""
    found = ANCHORS.read(text_of(data))
    if found is None:
        raise Refused
    assert found.signed == SIGNED


@target(lambda: [Receipts(KEYRING).of(HOLD).encode()], ReceiptInvalid)
def receipts(data: bytes) -> None:
    """Only what was signed is a receipt."""
    assert reservation_name(HOLD.store, HOLD.id) == Receipts(KEYRING).read(text_of(data))


@target(lambda: [entry_tokens.token_of("1790000000000-7").encode()], InvalidArgument)
def resume_tokens(data: bytes) -> None:
    """A token is of an entry that a stream of the store can have."""
    milliseconds, number = map(int, entry_tokens.id_of(text_of(data)).split("-"))
    assert 0 <= milliseconds < 2**64 > number >= 0


@target(lambda: [token_of(7).encode()], InvalidArgument)
def change_tokens(data: bytes) -> None:
    """A token is of a change, and the same again."""
    sequence = sequence_of(text_of(data))
    assert sequence_of(token_of(sequence)) == sequence


@target(lambda: [events.token_of("f17", "1790000000000-7").encode()], InvalidArgument)
def ack_tokens(data: bytes) -> None:
    """A token is of an entry in a partition."""
    partition, id = events.parts_of(text_of(data), "ack_tokens[0]")
    assert partition in PARTITIONS
    assert entry_tokens.ENTRY.fullmatch(id)


@target(lambda: [keys.new_key("till-4", Role.CHANNEL, NOW)[1].encode()])
def api_keys(data: bytes) -> None:
    """A key's token is made of the name and the secret that are read from it."""
    found = keys.parse_token(text_of(data))
    if found is None:
        raise Refused
    assert keys.token_of(*found) == data.decode()


@target(
    lambda: [keys.encode(keys.new_key("page", Role.PAGE, NOW, origins=("https://a.b",))[0])],
    ValueError,
)
def key_records(data: bytes) -> None:
    """A key's record is read and written the same."""
    key = keys.decode("page", data)
    assert keys.decode("page", keys.encode(key)) == key


@cache
def jwt_reader() -> Tokens:
    """A reader of tokens of one issuer."""
    file = file_of(json.dumps(KeySet([SIGNER]).as_dict(private=False)).encode(), "keys.json")
    return Tokens(
        AccessSettings(
            access="enforced",
            jwt_keys=file,
            jwt_issuer=ISSUER["iss"],
            jwt_audience=ISSUER["aud"],
            jwt_algorithms=["ES256"],
        )
    )


def claims() -> dict[str, Any]:
    """What a good token claims."""
    return {**ISSUER, "sub": "till-4", "role": "channel", "exp": int(time.time()) + 10**6}


def signed(told: Any) -> str:
    """A token of the issuer."""
    return jwt.encode({"alg": "ES256", "kid": "2026"}, told, SIGNER, algorithms=["ES256"])


@target(lambda: [signed(claims()).encode()])
def web_tokens(data: bytes) -> None:
    """Only what the issuer signed says who calls."""
    found = jwt_reader().read(text_of(data))
    if found is None:
        raise Refused
    assert "jwt/till-4" == found[0].id


@target(lambda: [orjson.dumps(claims())])
def web_claims(data: bytes) -> None:
    """Whatever an issuer claims, it names a caller or nobody."""
    found = jwt_reader().read(signed(document_of(data)))
    if found is None:
        raise Refused
    assert found[0].id.startswith("jwt/")


class OneKey:
    """A ring of one publishable key."""

    key = keys.new_key("page", Role.PAGE, NOW, origins=("https://shop.example",))[0]

    async def find(self, token: str) -> keys.ApiKey | None:
        """The key, of any token with a name."""
        return self.key if keys.parse_token(token) else None


@cache
def authenticator() -> Authenticator:
    """What recognises callers, behind a trusted proxy."""
    settings = AccessSettings(access="enforced")
    return Authenticator(settings, OneKey(), jwt_reader())


def header_seeds() -> list[bytes]:
    """Headers as lines."""
    _, token = keys.new_key("page", Role.PAGE, NOW, origins=("https://shop.example",))
    return [
        b"x-forwarded-for: 203.0.113.7, 10.0.0.1",
        f"x-api-key: {token}\norigin: https://shop.example".encode(),
        f"x-api-key: {token}\nreferer: https://shop.example/kamppi?x".encode(),
        b"authorization: Bearer " + signed(claims()).encode(),
    ]


@target(header_seeds, Unauthenticated, PermissionDenied)
def headers(data: bytes) -> None:
    """Whatever headers say, they name a caller, or are refused as a caller's fault."""
    lines = [line.partition(": ") for line in text_of(data).split("\n")]
    shown = Credentials([(name, value) for name, _, value in lines], "ipv4:127.0.0.1:51000")
    identity = run(authenticator().identify(shown))
    assert identity.counted
