"""Stores near by without all items, as tools tell them: what they lack, and when it comes."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from enrayon.stock.v1 import stock_pb2
from services.client.words import day, left_out


class Missing(BaseModel):
    """An item of which a store has too little."""

    product: str
    name: str
    quantity: int | None
    """The quantity that is missing; None when the stock is not known."""
    expected: str = ""
    """The date on which it comes; empty when unknown."""


class LeftOutStore(BaseModel):
    """A near store without all items."""

    store: str
    name: str
    distance_m: float
    why: str
    missing: list[Missing]


def left_out_store(store: stock_pb2.LeftOutStore, names: Mapping[str, str]) -> LeftOutStore:
    """A store that is left out; `names` are the display names of the products."""
    return LeftOutStore(
        store=store.store,
        name=store.display_name,
        distance_m=round(store.distance_m, 1),
        why=left_out(store, names),
        missing=[
            Missing(
                product=item.product,
                name=names.get(item.product, item.product),
                quantity=item.missing_quantity if item.HasField("missing_quantity") else None,
                expected=day(item.expected_date) if item.HasField("expected_date") else "",
            )
            for item in store.items
        ],
    )


def near_by(stores: Sequence[LeftOutStore]) -> str:
    """A sentence about the two nearest; empty if there is none."""
    near = [f"{store.name} ({store.why})" for store in stores[:2]]
    return f" Near by: {'; '.join(near)}." if near else ""
