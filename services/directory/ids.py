"""Ids of resources to create: given, derived from a request id, or random."""

from collections.abc import Sequence
from hashlib import blake2b

from services.chassis import chance


def new_id(given: str, request_id: str, scope: Sequence[str], digest_size: int = 10) -> str:
    """The id of a resource to create: the given one, else derived from the request, else random.

    Args:
        given: The id that the request asks for, if any.
        request_id: The request id, if any: in one scope, an equal one gives an equal id (AIP-155).
        scope: The caller and the collection.
        digest_size: Bytes of an id that is not given; it has twice as many characters.
    """
    if given:
        return given
    if request_id:
        return blake2b(
            "\0".join((*scope, request_id)).encode(), digest_size=digest_size
        ).hexdigest()
    return chance.token_hex(digest_size)
