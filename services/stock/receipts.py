"""Receipts: what proves a hold, signed by the keyring; short enough for a QR code."""

import hashlib

import orjson

from services.chassis.keyring import Keyring
from services.chassis.messages.sealed import seal, unseal
from services.stock.errors import ReceiptInvalid
from services.stock.model.holds import Hold

PURPOSE = "receipt"
PREFIX = "ENR1."


class Receipts:
    """Signs holds, and reads what was signed."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of(self, hold: Hold) -> str:
        """The receipt of a hold: which it is, what it held, and when it was made."""
        data = orjson.dumps([hold.store, hold.id, hold.create_ms, digest(hold)])
        return PREFIX + seal(self._keyring, PURPOSE, data)

    def read(self, receipt: str) -> tuple[str, str, str]:
        """Store, hold and digest of what it held, of a receipt that this service signed.

        Raises:
            ReceiptInvalid: it did not, or it was altered.
        """
        data = unseal(self._keyring, PURPOSE, receipt.strip().removeprefix(PREFIX))
        if data is None:
            raise ReceiptInvalid
        store, id, _, of_items = orjson.loads(data)
        return store, id, of_items


def digest(hold: Hold) -> str:
    """What tells the goods of a hold from others."""
    items = orjson.dumps([[item.sku, item.held] for item in hold.items])
    return hashlib.blake2b(items, digest_size=8).hexdigest()
