"""Signs and reads text for URLs and fields, such as page tokens and anchors."""

from services.chassis.keyring import Keyring
from services.chassis.messages.base64url import base64url, from_base64url


def seal(keyring: Keyring, purpose: str, data: bytes) -> str:
    """The data, signed for a purpose, as text that needs no escape in a URL."""
    return base64url(keyring.sign(purpose, data))


def unseal(keyring: Keyring, purpose: str, text: str) -> bytes | None:
    """The data in a sealed text; None if it was not signed for this purpose, or was altered."""
    signed = from_base64url(text)
    return None if signed is None else keyring.verify(purpose, signed)
