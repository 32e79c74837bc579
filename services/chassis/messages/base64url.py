"""Bytes as text that needs no escape in URLs and names: base64url (RFC 4648) without padding."""

import base64
import binascii


def base64url(data: bytes) -> str:
    """The text of bytes."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes | None:
    """The bytes of a text; None if `base64url` does not write it so.

    Base64 has several texts for the same bytes; only one is read.
    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if base64url(data) == text else None
