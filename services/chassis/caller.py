"""The caller of the call that is being answered, in a context variable."""

import hashlib
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller. Holds, alerts, trips and devices belong to one."""

    id: str
    admin: bool = False
    stores: frozenset[str] | None = None
    """Names of the stores whose staff the caller is; None if it is no staff of a shop."""
    in_store: bool = False
    """Whether it is staff in a call about its own store."""
    address: str = ""
    """The network of a caller that anybody can be, without a key or with that of a page; empty for
    all that are trusted, and while access is open."""
    session: str = ""
    """Name of the session of a person at a page; empty for all others."""
    own_session_only: bool = False
    """Whether it may name no session but its own, since scopes keep its key from others."""

    @property
    def owner(self) -> str:
        """The caller as records name it: a hash, which does not tell its id."""
        return hashlib.blake2b(self.id.encode(), digest_size=12).hexdigest()

    @property
    def sees_all(self) -> bool:
        """True if the caller may see and change what belongs to any caller."""
        return self.admin or self.in_store

    def may_see(self, owner: str) -> bool:
        """True if the caller may see what belongs to an owner."""
        return self.sees_all or owner == self.owner

    def at(self, name: str) -> "Caller":
        """The caller in a call about a store; for all but the staff of shops it is the same.

        At its own stores staff sees what belongs to any caller; elsewhere nothing, not even what it
        made before it was bound to other stores.

        Args:
            name: Of the store, or of something in it: `stores/us-1/reservations/r1`.
        """
        if self.stores is None:
            return self
        store = "/".join(name.split("/", 2)[:2])
        return replace(self, in_store=True) if store in self.stores else NOBODY


ANONYMOUS = Caller("anonymous")
"""Every caller while access is open, and callers without credentials."""
NOBODY = Caller("nobody")
"""A caller that owns nothing: staff of a shop in a call about another store."""

_caller: ContextVar[Caller] = ContextVar("caller", default=ANONYMOUS)


def current_caller() -> Caller:
    """The caller of the call that is being answered."""
    return _caller.get()


def set_caller(caller: Caller) -> None:
    """Set the caller of the call that is answered in the present context."""
    _caller.set(caller)
