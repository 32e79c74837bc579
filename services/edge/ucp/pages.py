"""Full pages of stores that match, also where only some of the candidates do.

How it works: the stores service gives the candidates, chunk by chunk, and a condition keeps some of
them. A page ends when one more store is found than it shows, so that a page with more to come is
full and never the last one's empty rest. Its cursor is the token of the stores service after the
last store shown.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2
from services.client import Client

_NAME_ONLY = FieldMask(paths=["name"])
ATTEMPTS = 3
"""Times to look for the end of a page while stores are added and deleted."""

Keep = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Of some candidates those that match."""


@dataclass
class Page:
    """A page of names of stores."""

    stores: list[str]
    next_token: str | None
    """The token after the page; None on the last page. Empty if the page ends before all stores."""
    total: int | None = None
    """The number on all pages, if it is known."""


@dataclass(frozen=True)
class _End:
    """The last store of a page: the `count`-th candidate after a token."""

    token: str
    count: int
    name: str


class Pages:
    """Cuts searches into pages."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def candidates(
        self, wanted: stores_pb2.SearchStoresRequest, token: str, size: int
    ) -> Page:
        """The stores of a search, without a condition."""
        request = stores_pb2.SearchStoresRequest()
        request.CopyFrom(wanted)
        request.page_token, request.page_size = token, size
        request.read_mask.CopyFrom(_NAME_ONLY)
        answer = await self._client.stores.SearchStores(request)
        names = [match.store.name for match in answer.matches]
        return Page(names, answer.next_page_token or None, answer.total_size)

    async def matching(
        self,
        wanted: stores_pb2.SearchStoresRequest,
        token: str,
        size: int,
        keep: Keep,
        chunk: int,
    ) -> Page:
        """The stores of a search that a condition keeps, after a token.

        Args:
            wanted: the search.
            token: the token after which the page begins; empty for the first page.
            size: the largest number of stores.
            keep: the condition.
            chunk: the number of candidates that it is asked about at once.
        """
        found: list[str] = []
        end = _End(token, 0, "")
        while True:
            page = await self.candidates(wanted, token, chunk)
            kept = await keep(page.stores)
            for count, name in enumerate(page.stores, 1):
                if name not in kept:
                    continue
                if len(found) == size:
                    return Page(found, await self._token_after(wanted, end, chunk))
                found.append(name)
                end = _End(token, count, name)
            if page.next_token is None:
                return Page(found, None)
            token = page.next_token

    async def _token_after(
        self, wanted: stores_pb2.SearchStoresRequest, end: _End, chunk: int
    ) -> str | None:
        """The token after the last store of a page, found again if its neighbours changed."""
        count: int = end.count
        token: str | None = end.token
        for _ in range(ATTEMPTS if count else 0):
            page = await self.candidates(wanted, end.token, count)
            token = page.next_token
            if end.name in page.stores[-1:]:
                break
            stores = (await self.candidates(wanted, end.token, chunk)).stores
            if end.name not in stores:
                break
            count = stores.index(end.name) + 1
        return token
