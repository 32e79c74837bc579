"""The RPCs of the stock service, each with the others of its concept: convert, act, convert."""

from typing import Any


class StockServicer:
    """Answers `enrayon.stock.v1.StockService`: each RPC by the part that has it."""

    def __init__(self, *parts: object) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        for part in self._parts:
            if hasattr(part, name):
                return getattr(part, name)
        raise AttributeError(name)
