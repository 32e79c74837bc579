"""The caller and the deadline of the call that is being answered, in context variables."""

import hashlib
import time
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
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def current_caller() -> Caller:
    """The caller of the call that is being answered."""
    return _caller.get()


def time_remaining_s() -> float | None:
    """Seconds until the client stops waiting; None when it set no deadline."""
    deadline = _deadline.get()
    return None if deadline is None else deadline - time.monotonic()


def begin(caller: Caller, remaining_s: float | None) -> None:
    """Start a call in the present context; for hosts of servicers."""
    _caller.set(caller)
    _deadline.set(None if remaining_s is None else time.monotonic() + remaining_s)


def recognise(caller: Caller) -> None:
    """Set the caller once it is known."""
    _caller.set(caller)
