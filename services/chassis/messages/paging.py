"""Page tokens (AIP-158): opaque, signed, and bound to the arguments they were made for."""

import base64
import binascii
import hashlib
from typing import Any

import orjson
from google.protobuf.message import Message

from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Keyring

PURPOSE = "page-token"
PAGE_FIELDS = ("page_size", "page_token")


class PageTokens:
    """Makes and reads page tokens."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def encode(self, request: Message, cursor: list[Any]) -> str:
        """The token that continues after `cursor`, a list of numbers and texts."""
        data = fingerprint(request) + orjson.dumps(cursor)
        signed = self._keyring.sign(PURPOSE, data)
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    def decode(self, request: Message) -> list[Any] | None:
        """The cursor in the request's `page_token`; None when it asks for the first page.

        Raises:
            InvalidArgument: the token is not one of ours, or other arguments have changed.
        """
        token: str = request.page_token  # type: ignore[attr-defined]
        if not token:
            return None
        try:
            signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            signed = b""
        data = self._keyring.verify(PURPOSE, signed)
        if data is None:
            raise InvalidArgument.field("page_token", "not a token of this service")
        size = len(made_for := fingerprint(request))
        if data[:size] != made_for:
            raise InvalidArgument.field(
                "page_token", "made for other arguments; repeat them all, or start without it"
            )
        cursor: list[Any] = orjson.loads(data[size:])
        return cursor


def page_size(asked: int, default: int, most: int) -> int:
    """The size of a page: the default when none was asked for, never more than the most."""
    return min(asked, most) if asked else default


def fingerprint(request: Message) -> bytes:
    """What tells the arguments of a request from others, the page fields aside."""
    arguments = type(request)()
    arguments.CopyFrom(request)
    for field in PAGE_FIELDS:
        arguments.ClearField(field)
    name = request.DESCRIPTOR.full_name.encode()
    return hashlib.blake2b(
        name + arguments.SerializeToString(deterministic=True), digest_size=16
    ).digest()
