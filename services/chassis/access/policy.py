"""Roles, and what a method asks of its caller."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum


class Role(IntEnum):
    """How much is trusted to a caller; each role may do all that the ones before may."""

    PUBLIC = 0
    """Anybody."""
    PAGE = 1
    """A publishable key: it stands in a web page, so everybody can read it."""
    CHANNEL = 2
    """An application with a key, a token or a certificate of its own."""
    ADMIN = 3
    """Who keeps the data, and staff: sees what belongs to all callers."""


class Counted(Enum):
    """Where the calls of a caller are counted."""

    HERE = "here"
    """In each process by itself: costs no call of Redis, and works without it."""
    TOGETHER = "together"
    """By all processes, in Redis: one more round trip, and no call without Redis."""


@dataclass(frozen=True)
class Rule:
    """What a method asks."""

    role: Role
    """The least."""
    cost: float = 1.0
    """Of one call, beside a plain look-up; a stream pays it once."""
    counted: Counted = Counted.HERE
    is_hold: bool = False
    """Whether it keeps goods from others: with a publishable key that has a limit of its own."""


Policy = Mapping[str, Rule]
"""Rules by the paths of their methods, `/package.Service/Method`. No row: nobody may."""


def is_in_scope(path: str, scopes: Collection[str]) -> bool:
    """Whether scopes admit a method: `stock` all of a service, `stock.AdjustStock` one method.

    None at all admit every method that the role may call.
    """
    if not scopes:
        return True
    service, method = short_name(path)
    return service in scopes or f"{service}.{method}" in scopes


def short_name(path: str) -> tuple[str, str]:
    """Service and method of a path: (stock, AdjustStock) for
    `/enrayon.stock.v1.StockService/AdjustStock`.
    """
    service, _, method = path.removeprefix("/").partition("/")
    return service.split(".")[1], method
