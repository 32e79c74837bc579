"""JSON Web Tokens: signatures, issuer, audience and expiry pinned by settings (RFC 8725).

The public keys come from a file and are never fetched; a file that has changed is read again.
"""

import time
from pathlib import Path
from typing import Any

import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessError, AccessSettings
from services.chassis.access.stores import bound_to
from services.chassis.caller import Caller

MAX_BYTES = 8 * 1024
LEEWAY_S = 30
"""Allowed difference between the clocks of issuer and server."""
LOOK_AT_FILE_S = 5.0
KNOWN_MOST = 10_000
"""Valid tokens that are remembered until they expire: checking a signature takes 100 µs."""
ROLES = {"staff": Role.STAFF, "channel": Role.CHANNEL, "admin": Role.ADMIN}

Bearer = tuple[Caller, Role, tuple[str, ...] | None]
"""Caller, role and scopes. A token without `scope` may do all that its role may; with an empty one,
only what everybody may."""

log = structlog.get_logger()


class Tokens:
    """Checks tokens by a file of public keys."""

    def __init__(self, settings: AccessSettings) -> None:
        assert settings.jwt_keys
        self._path: Path = settings.jwt_keys
        self._algorithms = list(settings.jwt_algorithms)
        self._role_claim = settings.jwt_role_claim
        self._stores_claim = settings.jwt_stores_claim
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": settings.jwt_issuer},
            aud={"essential": True, "value": settings.jwt_audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._known: dict[str, tuple[float, Bearer]] = {}
        self._changed_ns = -1
        self._looked_s = -float("inf")
        self._keys = KeySet([])
        self._look_at_file()

    def read(self, token: str) -> Bearer | None:
        """The caller of a token, with role and scopes; None when it is not valid."""
        if time.monotonic() - self._looked_s > LOOK_AT_FILE_S:
            self._look_at_file()
        known = self._known.get(token)
        if known and time.time() < known[0]:
            return known[1]
        if len(token) > MAX_BYTES:
            return None
        try:
            claims = jwt.decode(token, self._key_of, algorithms=self._algorithms).claims
            self._claims.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        return self._remember(token, claims)

    def _remember(self, token: str, claims: dict[str, Any]) -> Bearer | None:
        role = ROLES.get(str(claims.get(self._role_claim)))
        subject, scope, expires = claims["sub"], claims.get("scope"), claims["exp"]
        if role is None or not (isinstance(subject, str) and subject):
            return None
        if "scope" in claims and not isinstance(scope, str):
            return None
        given = claims.get(self._stores_claim, [])
        stores = bound_to(given) if isinstance(given, list) else None
        if stores is None or (role is not Role.STAFF and self._stores_claim in claims):
            return None
        bound = stores if role is Role.STAFF else None
        caller = Caller(f"jwt/{subject}", admin=role is Role.ADMIN, stores=bound)
        answer = (caller, role, None if scope is None else tuple(scope.split()))
        if len(self._known) >= KNOWN_MOST:
            self._known.clear()
        self._known[token] = (float(expires), answer)
        return answer

    def _key_of(self, signed: Any) -> Any:
        # Without a `kid` joserfc would try any one key of the set.
        return self._keys.get_by_kid(signed.headers().get("kid"))

    def _look_at_file(self) -> None:
        """Read the file of keys if it has changed; keep the keys if it cannot be read any more.

        Raises:
            OSError: it cannot be read, and no keys were read before.
            AccessError: it is not a JWKS, and no keys were read before.
        """
        self._looked_s = time.monotonic()
        try:
            changed_ns = self._path.stat().st_mtime_ns
            if changed_ns == self._changed_ns:
                return
            self._keys = read_keys(self._path)
        except (OSError, AccessError):
            if not self._keys:
                raise
            log.warning("the file of token keys cannot be read; its former keys stay valid")
            return
        self._changed_ns = changed_ns
        self._known.clear()


def read_keys(path: Path) -> KeySet:
    """The public keys of a file.

    Raises:
        OSError: the file cannot be read.
        AccessError: it is not a JWKS of public keys.
    """
    problem = f"ENRAYON_JWT_KEYS: {path} is not a JSON Web Key Set (RFC 7517) of public keys"
    try:
        keys = KeySet.import_key_set(orjson.loads(path.read_bytes()))
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise AccessError(problem) from error
    if any(key.key_type == "oct" or key.is_private for key in keys):
        raise AccessError(problem)
    return keys
