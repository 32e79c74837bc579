"""Resume tokens of streams: the id of an entry, as opaque text."""

import base64
import binascii
import re

from services.chassis.errors import InvalidArgument
from services.stock.model.ledger import entry_id

ENTRY = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")


def token_of(id: str) -> str:
    """The token of an entry."""
    return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


def id_of(token: str) -> str:
    """The entry of a token.

    Raises:
        InvalidArgument: the token is not one of this service.
    """
    try:
        id = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        id = ""
    # The database takes 64 bits; int() takes any number, and other digits, signs and spaces.
    if not ENTRY.fullmatch(id) or max(entry_id(id)) >= 2**64:
        raise InvalidArgument.field("resume_token", "not a token of this service")
    return id
