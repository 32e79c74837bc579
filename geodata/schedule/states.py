"""The three states of a store."""

import enum


class State(enum.Enum):
    """Whether people are let in. UNKNOWN matches no filter for open stores."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
