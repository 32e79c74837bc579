"""Words for people that several channels share: addresses, distances, suggestions of an error."""

from collections.abc import Iterable

from google.protobuf.any_pb2 import Any
from google.rpc import error_details_pb2

from enrayon.stores.v1 import stores_pb2


def address_line(store: stores_pb2.Store) -> str:
    """The address of a store on one line."""
    address = store.address
    town = " ".join(part for part in (address.postal_code, address.locality) if part)
    return ", ".join(part for part in (*address.address_lines, town) if part)


def distance(metres: float) -> str:
    """A distance with a sensible unit: `350 m`, `1.2 km`, `48 km`."""
    if metres < 1000:
        return f"{metres:.0f} m"
    return f"{metres / 1000:.1f} km" if metres < 10_000 else f"{metres / 1000:,.0f} km"


def did_you_mean(details: Iterable[Any]) -> str:
    """`Did you mean: ...?` from the details of an error; empty if it suggests nothing."""
    info = error_details_pb2.ErrorInfo()
    for detail in details:
        if detail.Unpack(info) and (suggestions := info.metadata.get("suggestions")):
            return f"Did you mean: {suggestions.replace(' | ', '; ')}?"
    return ""
