"""The address that bounds holds made with the publishable key of a page, which anybody can read."""

from collections.abc import Sequence

from services.chassis.caller import Caller
from services.chassis.keyring import Keyring

PURPOSE = "hold-address"
"""Separates the keyed hashes of addresses from other uses of the keyring."""
HASH_BYTES = 12


class PageHolds:
    """Bounds the holds of callers that anybody can be, by their address."""

    def __init__(self, keyring: Keyring) -> None:
        self._hashes = keyring.hasher(PURPOSE, HASH_BYTES)

    def addresses(self, caller: Caller) -> Sequence[str]:
        """The keyed hashes of a caller's address, that by the current key first; else none."""
        if not caller.address:
            return ()
        return [hashed.hex() for hashed in self._hashes(caller.address.encode())]

    def addresses_of_change(self, caller: Caller, held_by: str) -> Sequence[str]:
        """The same of a change of a hold, with the address that holds it, which may be another."""
        found = self.addresses(caller)
        return [*found, held_by] if found and held_by and held_by not in found else found
