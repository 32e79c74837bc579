"""Messages of rules that wait: for a store to open, or for its stock."""

from typing import NamedTuple

KEPT_MOST = 10
"""The most messages that wait for one device."""
LOOK_AGAIN_MS = 60_000


class Kept(NamedTuple):
    """A message that waits. Times are in ms by the server's clock."""

    rule: str
    shape: str
    """The key of the shape of the event that caused it."""
    cause: str
    """The id of that event."""
    device_ms: int
    """The time of that event, by the device's clock."""
    due_ms: int
    expire_ms: int
    is_told: bool = False
    """True if an event has told that it is kept because its store lacks the product."""

    @property
    def store(self) -> str:
        """The id of the store of the event; empty if its fence is not around stores."""
        return self.shape.partition("@")[2]

    def look_again(self, now_ms: int) -> int:
        """When to look again for stock that its store lacks now; 0: not within its lifetime.

        Rarer the longer it still lives, so that it costs a few dozen looks at most.
        """
        due_ms = now_ms + max(LOOK_AGAIN_MS, (self.expire_ms - now_ms) // 10)
        return due_ms if due_ms < self.expire_ms else 0
