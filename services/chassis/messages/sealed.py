"""Signed text for URLs and fields: unpadded base64url of what the keyring signed."""

import base64
import binascii

from services.chassis.keyring import Keyring


def seal(keyring: Keyring, purpose: str, data: bytes) -> str:
    """The data, signed for a purpose, as text that needs no escape in a URL."""
    return spelled(keyring.sign(purpose, data))


def unseal(keyring: Keyring, purpose: str, text: str) -> bytes | None:
    """The data in a sealed text; None when it was not signed for this purpose, or was altered.

    Only the spelling that `seal` gives is read: base64 has several for the same bytes.
    """
    try:
        signed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return keyring.verify(purpose, signed) if spelled(signed) == text else None


def spelled(data: bytes) -> str:
    """The one spelling of bytes that counts: base64url (RFC 4648, section 5) without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
