"""The three states of a store."""

import enum


class State(enum.Enum):
    """The state of a store at an instant. UNKNOWN matches no filter for open stores."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
