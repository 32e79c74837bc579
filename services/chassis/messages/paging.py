"""Pages of lists (AIP-158): a page goes on after the key of the last entry before it.

A page token holds that key. It is opaque, signed, and bound to the arguments it was made for.
Because it is a key and no offset, an entry that is added or deleted between two pages never makes
the next page repeat or skip another.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from google.protobuf.message import Message

from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Keyring
from services.chassis.messages.sealed import seal, unseal

PURPOSE = "page-token"
PAGE_FIELDS = ("page_size", "page_token")

Key = tuple[Any, ...]
"""Numbers and texts that order a list and tell its entries apart; of one shape in one list."""
EntryT = TypeVar("EntryT")


class Page(NamedTuple, Generic[EntryT]):
    """A part of a list, and the token of the next part; the token of the last one is empty."""

    entries: Sequence[EntryT]
    next_page_token: str


class PageTokens:
    """Cuts lists into pages; makes and reads the tokens that continue them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def page(
        self,
        request: Message,
        entries: Sequence[EntryT],
        key: Callable[[EntryT], Key],
        *,
        default: int = 50,
        most: int = 1000,
    ) -> Page[EntryT]:
        """The page of a list that a request with `page_size` and `page_token` asks for.

        Args:
            request: the request.
            entries: the whole list, in ascending order of its keys.
            key: the key of an entry. It must depend on the entry alone.
            default: entries of a page when the request names no size.
            most: entries of a page at most.

        Raises:
            InvalidArgument: the token is not one of ours, or does not fit this list.
        """
        after = self.decode(request)
        start = 0
        if after is not None and entries:
            check_shape(after, key(entries[0]))
            start = bisect_right(entries, tuple(after), key=key)
        asked: int = request.page_size  # type: ignore[attr-defined]
        end = start + page_size(asked, default, most)
        page = entries[start:end]
        token = self.encode(request, key(page[-1])) if end < len(entries) else ""
        return Page(page, token)

    def encode(self, request: Message, cursor: Sequence[Any]) -> str:
        """The token that continues after `cursor`, numbers and texts."""
        return seal(self._keyring, PURPOSE, fingerprint(request) + orjson.dumps(list(cursor)))

    def decode(self, request: Message) -> list[Any] | None:
        """The cursor in the request's `page_token`; None when it asks for the first page.

        Raises:
            InvalidArgument: the token is not one of ours, or other arguments have changed.
        """
        token: str = request.page_token  # type: ignore[attr-defined]
        if not token:
            return None
        data = unseal(self._keyring, PURPOSE, token)
        if data is None:
            raise InvalidArgument.field("page_token", "not a token of this service")
        size = len(made_for := fingerprint(request))
        if data[:size] != made_for:
            raise InvalidArgument.field(
                "page_token", "made for other arguments; repeat them all, or start without it"
            )
        cursor: list[Any] = orjson.loads(data[size:])
        return cursor


def itself(entry: str) -> Key:
    """The key of an entry that is its own: an id or a name."""
    return (entry,)


def check_shape(cursor: Sequence[Any], key: Key) -> None:
    """Check that a cursor has the shape of a list's keys: earlier versions had other keys.

    Raises:
        InvalidArgument: it has another.
    """
    if [isinstance(part, str) for part in cursor] != [isinstance(part, str) for part in key]:
        raise InvalidArgument.field(
            "page_token", "made by an earlier version, which ordered otherwise; start without it"
        )


def page_size(asked: int, default: int, most: int) -> int:
    """The size of a page: the default when none was asked for, never more than the most."""
    return min(asked, most) if asked else default


def fingerprint(request: Message) -> bytes:
    """A hash of the method's request type and all arguments but the page fields."""
    arguments = request
    if any(getattr(request, field) for field in PAGE_FIELDS):
        arguments = type(request)()
        arguments.CopyFrom(request)
        for field in PAGE_FIELDS:
            arguments.ClearField(field)
    name = request.DESCRIPTOR.full_name.encode()
    return hashlib.blake2b(
        name + arguments.SerializeToString(deterministic=True), digest_size=16
    ).digest()
