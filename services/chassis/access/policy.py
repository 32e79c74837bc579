"""Roles of callers, and rules of methods."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum


class Role(IntEnum):
    """Trust in a caller; each role may do all that the ones before it may."""

    PUBLIC = 0
    """Anybody."""
    PAGE = 1
    """A caller with a publishable key, which stands in a web page for everybody to read."""
    CHANNEL = 2
    """An application with a key, a token or a certificate of its own."""
    ADMIN = 3
    """Staff, and whoever maintains the data: sees what belongs to every caller."""


class Counted(Enum):
    """Where the calls of a caller are counted."""

    HERE = "here"
    """In each process by itself: without the database."""
    TOGETHER = "together"
    """By all processes, in the database: one more round trip, and no call without it."""


@dataclass(frozen=True)
class Rule:
    """The rule of a method."""

    role: Role
    """The least role that may call it."""
    cost: float = 1.0
    """Of a call, in units of a plain look-up; a stream pays it once."""
    counted: Counted = Counted.HERE
    is_hold: bool = False
    """Whether it reserves goods: calls with a publishable key then have a limit of their own."""


Policy = Mapping[str, Rule]
"""Rules by the paths of methods, `/package.Service/Method`; no rule: nobody may call it."""


def is_in_scope(path: str, scopes: Collection[str] | None) -> bool:
    """Whether scopes admit a method; None admits every method, an empty collection none.

    The scope `stock` admits a whole service, `stock.AdjustStock` one method.
    """
    if scopes is None:
        return True
    service, method = short_name(path)
    return service in scopes or f"{service}.{method}" in scopes


def short_name(path: str) -> tuple[str, str]:
    """Service and method of a path: (stock, AdjustStock) for
    `/enrayon.stock.v1.StockService/AdjustStock`.
    """
    service, _, method = path.removeprefix("/").partition("/")
    return service.split(".")[1], method
