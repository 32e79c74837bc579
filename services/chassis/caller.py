"""The caller of the call that is being answered, in a context variable."""

import hashlib
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller. Holds, alerts, trips and devices belong to one."""

    id: str
    admin: bool = False

    @property
    def owner(self) -> str:
        """The caller as records name it: a hash, which does not tell its id."""
        return hashlib.blake2b(self.id.encode(), digest_size=12).hexdigest()

    def may_see(self, owner: str) -> bool:
        """Whether the caller may see what belongs to an owner."""
        return self.admin or owner == self.owner


ANONYMOUS = Caller("anonymous")
"""Every caller while access is open, and callers without credentials."""

_caller: ContextVar[Caller] = ContextVar("caller", default=ANONYMOUS)


def current_caller() -> Caller:
    """The caller of the call that is being answered."""
    return _caller.get()


def set_caller(caller: Caller) -> None:
    """Set the caller of the call that is answered in the present context."""
    _caller.set(caller)
