"""Receipts: what proves a hold, signed by the keyring; short enough for a QR code."""

import base64
import binascii
import hashlib

import orjson

from services.chassis.keyring import Keyring
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
        signed = self._keyring.sign(PURPOSE, data)
        return PREFIX + base64.urlsafe_b64encode(signed).decode().rstrip("=")

    def read(self, receipt: str) -> tuple[str, str, str]:
        """Store, hold and digest of what it held, of a receipt that this service signed.

        Raises:
            ReceiptInvalid: it did not, or it was altered.
        """
        text = receipt.strip().removeprefix(PREFIX)
        try:
            signed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            raise ReceiptInvalid from None
        data = self._keyring.verify(PURPOSE, signed)
        if data is None:
            raise ReceiptInvalid
        store, id, _, of_items = orjson.loads(data)
        return store, id, of_items


def digest(hold: Hold) -> str:
    """What tells the goods of a hold from others."""
    items = orjson.dumps([[item.sku, item.held] for item in hold.items])
    return hashlib.blake2b(items, digest_size=8).hexdigest()
