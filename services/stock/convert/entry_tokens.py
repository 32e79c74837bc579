"""Resume tokens of streams: the id of an entry, as opaque text."""

import re

from services.chassis.errors import InvalidArgument
from services.chassis.messages.base64url import base64url, from_base64url
from services.stock.model.ledger import entry_id

ENTRY = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")


def token_of(id: str) -> str:
    """The token of an entry."""
    return base64url(id.encode())


def id_of(token: str) -> str:
    """The entry of a token.

    Raises:
        InvalidArgument: the token is not one of this service.
    """
    id = (from_base64url(token) or b"").decode(errors="replace")
    # The database takes 64 bits; int() takes any number, and other digits, signs and spaces.
    if not ENTRY.fullmatch(id) or max(entry_id(id)) >= 2**64:
        raise InvalidArgument.field("resume_token", "not a token of this service")
    return id
