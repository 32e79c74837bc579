"""Parts of a request that name no store or brand that there is, as warnings of answers."""

from collections.abc import Collection, Iterable, Iterator

from services.directory.directory import Directory
from services.directory.filters import StoreFilter, fold
from services.directory.keys import store_id


def unmatched(
    directory: Directory,
    brands: Iterable[str],
    stores: Iterable[str],
    field: str = "",
    *,
    private: bool = False,
    own: Collection[str] = (),
) -> Iterator[str]:
    """The brands and stores, by field and number, that no store in memory has or is.

    Args:
        directory: The stores.
        brands: Of the request.
        stores: Their names.
        field: The path of the fields `brands` and `stores`, with its dot.
        private: Count private stores too.
        own: Names of stores whose staff the caller is: they count also if they are private.
    """
    if not directory.stores.is_loaded:
        return
    replica = directory.stores.replica
    for number, brand in enumerate(brands):
        if not replica.has_any(StoreFilter(brands=frozenset((fold(brand),)))):
            yield f"{field}brands[{number}]: no store has the brand {brand!r}"
    for number, name in enumerate(stores):
        find = replica.record if private or name in own else replica.public
        if find(store_id(name)) is None:
            yield f"{field}stores[{number}]: there is no {name}"
