"""The token that binds a trip to a hold: stock signs it for the owner of the hold.

Whoever starts a trip with it need not be asked who owns the hold. Its pick-up window is told by a
fact (`orders.py`), since it may change.
"""

from dataclasses import dataclass

import orjson

from services.chassis.keyring import Keyring
from services.chassis.messages.sealed import seal, unseal

PURPOSE = "trip-token"


@dataclass(frozen=True)
class TripTokens:
    """Signs and reads the tokens with which the owner of a hold starts a trip to it."""

    keyring: Keyring

    def of(self, reservation: str, owner: str, expire_ms: int) -> str:
        """The token of a hold of an owner (`Caller.owner`)."""
        return seal(self.keyring, PURPOSE, orjson.dumps([reservation, owner, expire_ms]))

    def binds(self, token: str, reservation: str, owner: str, now_ms: int) -> bool:
        """True if this suite signed a token for the hold and the owner, and it has not expired."""
        data = unseal(self.keyring, PURPOSE, token)
        if data is None:
            return False
        signed_for, signed_to, expire_ms, *_ = orjson.loads(data)
        return (signed_for, signed_to) == (reservation, owner) and now_ms < expire_ms
