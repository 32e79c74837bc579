"""The types of the access policy: roles of callers, and the rule of each method."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum, IntEnum


class Role(IntEnum):
    """Trust in a caller; each role but STAFF may do all that the ones before it may."""

    PUBLIC = 0
    """Anybody."""
    PAGE = 1
    """A caller with a publishable key, which stands in a web page for everybody to read."""
    STAFF = 2
    """Staff of shops, bound to their stores: may do what a page may, and what `Rule.staff` says."""
    CHANNEL = 3
    """An application with a key, a token or a certificate of its own."""
    ADMIN = 4
    """Whoever maintains the data of all stores: sees what belongs to every caller."""


class Counted(Enum):
    """The place where the calls of a caller are counted."""

    HERE = "here"
    """In each process by itself: without the database."""
    TOGETHER = "together"
    """By all processes, in the database: one more round trip, and no call without it."""
    NOT = "not"
    """A probe: refused to nobody, since whoever restarts a server that it finds ill comes from an
    address that others may use too."""


class Where(Enum):
    """Where shop staff may call a method that asks for no store."""

    NOWHERE = "nowhere"
    ANYWHERE = "anywhere"
    """The answer has nothing that belongs to another caller."""


@dataclass(frozen=True)
class At:
    """Shop staff may call a method about their own stores, and see what is anybody's there."""

    field: str
    """Path of the field that names the store, or something in it. Empty: the service finds the
    store, and asks `Caller.at`."""
    hides: bool = False
    """Whether what is elsewhere is not there for them, like what belongs to another caller;
    otherwise the call is refused."""
    other: str = ""
    """Path of the field that names a second store, which must be their own too."""
    only: tuple[str, "re.Pattern[str]"] | None = None
    """Path of a field, and the values that staff may send in it."""


@dataclass(frozen=True)
class Rule:
    """The rule of a method."""

    role: Role
    """The least role that may call it; for shop staff `staff` decides."""
    staff: Where | At
    price_ms: float = 0.1
    """Processor time of a usual call, which it pays before it begins; a stream pays it once.
    Afterwards a call pays what it took."""
    kb_ms: float = 0.0
    """The price of each kilobyte of the request, where large requests take long."""
    counted: Counted = Counted.HERE
    is_hold: bool = False
    """True if it reserves goods: calls with a publishable key then have a limit of their own."""
    is_sign_in: bool = False
    """True if it takes a code that somebody could guess: tries have a limit of their own."""

    def at(
        self,
        field: str,
        *,
        hides: bool = False,
        other: str = "",
        only: "tuple[str, re.Pattern[str]] | None" = None,
    ) -> "Rule":
        """The same rule, for shop staff `At` their own stores."""
        return replace(self, staff=At(field, hides, other, only))


Policy = Mapping[str, Rule]
"""Rules by the paths of methods, `/package.Service/Method`; no rule: nobody may call it."""


PROBE = Rule(Role.PUBLIC, Where.ANYWHERE, counted=Counted.NOT)
STANDARD: Policy = {
    "/grpc.health.v1.Health/Check": PROBE,
    "/grpc.health.v1.Health/List": PROBE,
    "/grpc.health.v1.Health/Watch": PROBE,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Rule(
        Role.PUBLIC, Where.ANYWHERE, price_ms=5
    ),
}
"""gRPC's own services."""


def is_in_scope(path: str, scopes: Collection[str] | None) -> bool:
    """True if scopes admit a method; None admits every method, an empty collection none.

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
