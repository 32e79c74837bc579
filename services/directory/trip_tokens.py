"""The token that binds a trip to a hold: stock signs it for the owner of the hold.

Whoever starts a trip with it need not be asked who owns the hold, nor when it is fetched.
"""

from dataclasses import dataclass
from typing import NamedTuple

import orjson

from services.chassis.keyring import Keyring
from services.chassis.messages.sealed import seal, unseal

PURPOSE = "trip-token"


class Window(NamedTuple):
    """A pick-up window, in ms since 1970; 0 and 0 if there is none."""

    start_ms: int = 0
    end_ms: int = 0


NO_WINDOW = Window()


@dataclass(frozen=True)
class TripTokens:
    """Signs and reads the tokens with which the owner of a hold starts a trip to it."""

    keyring: Keyring

    def of(self, reservation: str, owner: str, expire_ms: int, window: Window = NO_WINDOW) -> str:
        """The token of a hold of an owner (`Caller.owner`)."""
        parts = [reservation, owner, expire_ms, *(window if window.end_ms else ())]
        return seal(self.keyring, PURPOSE, orjson.dumps(parts))

    def window(self, token: str, reservation: str, owner: str, now_ms: int) -> Window | None:
        """The pick-up window in a token; None if this suite did not sign it for the hold and the
        owner, or if it has expired.
        """
        data = unseal(self.keyring, PURPOSE, token)
        if data is None:
            return None
        signed_for, signed_to, expire_ms, *window = orjson.loads(data)
        if (signed_for, signed_to) != (reservation, owner) or now_ms >= expire_ms:
            return None
        return Window(*window)
