"""Receipts: texts that prove a hold, signed by the keyring; short enough for a QR code."""

import hashlib

import orjson

from services.chassis.keyring import Keyring
from services.chassis.messages.sealed import seal, unseal
from services.stock.convert.names import reservation_name
from services.stock.errors import ReceiptInvalid
from services.stock.model.holds import Hold

PURPOSE = "receipt"
PREFIX = "ENR1."


class Receipts:
    """Signs holds, and reads signed receipts."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of(self, hold: Hold) -> str:
        """The receipt of a hold: its store, id and creation, and a digest of the held goods."""
        data = orjson.dumps([hold.store, hold.id, hold.create_ms, digest(hold)])
        return PREFIX + seal(self._keyring, PURPOSE, data)

    def read(self, receipt: str) -> str:
        """The name of the hold of a receipt. Its goods may have changed since.

        Raises:
            ReceiptInvalid: this service did not sign it, or it was altered.
        """
        data = unseal(self._keyring, PURPOSE, receipt.strip().removeprefix(PREFIX))
        if data is None:
            raise ReceiptInvalid
        store, id, *_ = orjson.loads(data)
        return reservation_name(store, id)


def digest(hold: Hold) -> str:
    """A digest of the held goods: 64 bits of BLAKE2b."""
    items = orjson.dumps([[item.sku, item.held] for item in hold.items])
    return hashlib.blake2b(items, digest_size=8).hexdigest()
