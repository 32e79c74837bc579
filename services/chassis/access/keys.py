"""API keys as pure data: making, rotating, matching, encoding.

A token is `enrayon_<name>_<secret>`; the name identifies the key, the secret has 256 random bits.
Records hold the SHA-256 of the secret. A slow hash would protect passwords, which people choose
and others guess; nobody guesses 256 random bits.
"""

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from services.chassis import chance
from services.chassis.access.policy import Role, is_in_scope
from services.chassis.access.stores import STORES_MOST, bound_to
from services.chassis.caller import Caller

PREFIX = "enrayon"
OWNED = "keys/"
"""The begin of the id of a caller with a key."""
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
SECRET_BYTES = 32
TOKEN = re.compile(rf"{PREFIX}_([a-z][a-z0-9-]{{0,62}})_([A-Za-z0-9_-]{{43}})")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")


@dataclass(frozen=True)
class Secret:
    """One secret of a key."""

    digest: bytes
    create_time: dt.datetime
    expire_time: dt.datetime | None = None

    def matches(self, secret: str, now: dt.datetime) -> bool:
        """True if a secret is this one and has not expired; compared in constant time."""
        is_same = hmac.compare_digest(self.digest, digest(secret))
        return is_same and (self.expire_time is None or now < self.expire_time)


@dataclass(frozen=True)
class ApiKey:
    """A key with its permissions."""

    name: str
    role: Role
    secrets: tuple[Secret, ...]
    """The current one first; older ones until they expire."""
    scopes: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    """Web origins that may use a publishable key, such as `https://shop.example`."""
    note: str = ""
    stores: tuple[str, ...] = ()
    """Ids of the stores that a key of shop staff is bound to."""
    links: tuple[Secret, ...] = ()
    """One-time links; see `sessions`."""
    sessions: tuple[Secret, ...] = ()

    @property
    def id(self) -> str:
        """The id of its caller."""
        return OWNED + self.name

    @property
    def caller(self) -> Caller:
        """Its caller; of a publishable key without the address that it calls from."""
        stores = bound_to(self.stores) or frozenset() if self.role is Role.STAFF else None
        return Caller(self.id, admin=self.role is Role.ADMIN, stores=stores)

    def may(self, role: Role, path: str) -> bool:
        """True if its role is at least this one and its scopes have a method."""
        return self.role >= role and is_in_scope(path, self.scopes or None)

    def is_usable(self, now: dt.datetime) -> bool:
        """True if one of its secrets has not expired."""
        return any(each.expire_time is None or now < each.expire_time for each in self.secrets)

    def matches(self, secret: str, now: dt.datetime) -> bool:
        """True if one of the key's secrets matches; compares with each, whatever the result."""
        found = False
        for each in self.secrets:
            found |= each.matches(secret, now)
        return found


def new_key(
    name: str,
    role: Role,
    now: dt.datetime,
    *,
    scopes: tuple[str, ...] = (),
    origins: tuple[str, ...] = (),
    stores: tuple[str, ...] = (),
    note: str = "",
    expire_time: dt.datetime | None = None,
) -> tuple[ApiKey, str]:
    """A key, and the token that is shown this once.

    Raises:
        ValueError: the name, an origin or a store is malformed, or they do not fit the role.
    """
    if not NAME.fullmatch(name):
        raise ValueError("a name has small letters, digits and hyphens, and begins with a letter")
    if (role is Role.PAGE) != bool(origins):
        raise ValueError("a publishable key has one origin or more, other keys have none")
    if (role is Role.STAFF) != bool(stores):
        raise ValueError("a key of shop staff has one store or more, other keys have none")
    if bound_to(stores) is None:
        raise ValueError(f"stores: at most {STORES_MOST}, each by its id, such as us-1")
    if role is Role.PUBLIC:
        raise ValueError("public methods need no key")
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(
                f"{origin}: an origin looks like https://shop.example, in small letters"
            )
    secret = chance.token_urlsafe(SECRET_BYTES)
    kept = Secret(digest(secret), now, expire_time)
    return ApiKey(name, role, (kept,), scopes, origins, note, stores), token_of(name, secret)


def rotated(key: ApiKey, now: dt.datetime, overlap: dt.timedelta) -> tuple[ApiKey, str]:
    """The key with a new secret, and its token; older secrets expire after the overlap at most."""
    secret = chance.token_urlsafe(SECRET_BYTES)
    until = now + overlap
    older = tuple(
        replace(each, expire_time=min(each.expire_time or until, until))
        for each in key.secrets
        if each.expire_time is None or each.expire_time > now
    )
    fresh = Secret(digest(secret), now)
    return replace(key, secrets=(fresh, *older) if overlap else (fresh,)), token_of(
        key.name, secret
    )


def parse_token(token: str) -> tuple[str, str] | None:
    """Name and secret of a token; None for any other text."""
    found = TOKEN.fullmatch(token)
    return (found[1], found[2]) if found else None


def token_of(name: str, secret: str) -> str:
    """The token that callers send."""
    return f"{PREFIX}_{name}_{secret}"


def digest(secret: str) -> bytes:
    """The hash of a secret that is kept."""
    return hashlib.sha256(secret.encode()).digest()


def encode(key: ApiKey) -> bytes:
    """The record of a key; parts of later versions stand in it only where it has them.

    A change of a key is refused unless the record is still the same, byte by byte.
    """
    later = {
        "stores": key.stores,
        "links": list(map(written, key.links)),
        "sessions": list(map(written, key.sessions)),
    }
    return orjson.dumps(
        {
            "role": key.role.name,
            "scopes": key.scopes,
            "origins": key.origins,
            "note": key.note,
            "secrets": list(map(written, key.secrets)),
            **{name: value for name, value in later.items() if value},
        }
    )


def written(secret: Secret) -> dict[str, Any]:
    """A secret in a record."""
    return {
        "sha256": secret.digest.hex(),
        "create": secret.create_time,
        "expire": secret.expire_time,
    }


def read(fields: Sequence[Mapping[str, Any]]) -> tuple[Secret, ...]:
    """The secrets of a record."""
    return tuple(
        Secret(bytes.fromhex(s["sha256"]), moment(s["create"]), moment_or_none(s["expire"]))
        for s in fields
    )


def decode(name: str, record: bytes) -> ApiKey:
    """The key of a record.

    Raises:
        ValueError: the record is damaged.
    """
    try:
        fields = orjson.loads(record)
        role, stores = Role[fields["role"]], tuple(fields.get("stores", ()))
        if (role is Role.STAFF) != bool(stores) or bound_to(stores) is None:
            raise ValueError("the record of a key is damaged")
        return ApiKey(
            name,
            role,
            read(fields["secrets"]),
            tuple(fields["scopes"]),
            tuple(fields["origins"]),
            fields["note"],
            stores,
            read(fields.get("links", ())),
            read(fields.get("sessions", ())),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("the record of a key is damaged") from error


def moment(text: str) -> dt.datetime:
    """An instant of a record."""
    return dt.datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> dt.datetime | None:
    """An instant of a record, if there is one."""
    return moment(text) if text else None
