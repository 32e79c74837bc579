"""Who is asking, and until when. Set by the chassis for each call; read by whoever must know."""

import hashlib
import time
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. Holds, alerts, trips and devices belong to a caller."""

    id: str
    admin: bool = False

    @property
    def owner(self) -> str:
        """What stands for the caller in what is kept; it names nobody."""
        return hashlib.blake2b(self.id.encode(), digest_size=12).hexdigest()

    def may_see(self, owner: str) -> bool:
        """Whether what belongs to an owner is the caller's business."""
        return self.admin or owner == self.owner


ANONYMOUS = Caller("anonymous")
"""Everybody while access is open, and whoever does not say who it is."""

_caller: ContextVar[Caller] = ContextVar("caller", default=ANONYMOUS)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def current_caller() -> Caller:
    """Who makes the call that is being answered."""
    return _caller.get()


def time_remaining_s() -> float | None:
    """Seconds until the client stops waiting; None when it set no deadline."""
    deadline = _deadline.get()
    return None if deadline is None else deadline - time.monotonic()


def begin(caller: Caller, remaining_s: float | None) -> None:
    """Start a call in the present context; used by whatever hosts the servicers."""
    _caller.set(caller)
    _deadline.set(None if remaining_s is None else time.monotonic() + remaining_s)


def recognise(caller: Caller) -> None:
    """Say who makes the call, once that is known."""
    _caller.set(caller)
