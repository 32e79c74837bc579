"""The trace of a run: its hash tells whether two runs were the same."""

import hashlib


class Trace:
    """All that happened, in order."""

    def __init__(self, *, is_kept: bool = False) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self.lines: list[str] | None = [] if is_kept else None
        """The trace in words, if it is kept."""

    def add(self, now_s: float, *parts: object) -> None:
        """Add what happened at a time."""
        line = f"{now_s:.6f} {' '.join(map(repr, parts))}"
        self._hash.update(line.encode())
        if self.lines is not None:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """The hash of all so far."""
        return self._hash.copy().hexdigest()
