"""Gates of endpoints: the times at which a webhook is tried, while it works and while it fails.

The gate of an endpoint that fails is shut: its events wait untried, and one of them is posted now
and then, as a probe. The pause between probes grows with the outage; the first that is accepted
opens the gate, and all that wait are due at once. While one subject alone has failed, the event may
be at fault and not the endpoint: an event of another subject need not wait for the pause. A subject
whose events alone are refused has pauses of its own.
"""

import random
from collections.abc import Hashable
from dataclasses import dataclass, field

from services.chassis import chance

FIRST_PAUSE_MS = 500
SHORT_OUTAGE_MS = 60_000
SHORT_PAUSE_MS = 2_000
"""Pause between probes during the first minute, so that after it an event is late by less than 5 s,
with the time that a probe takes."""
SHARE = 0.08
"""Pause between probes after the first minute, as a share of the outage: less than a tenth of it,
with the time that a probe takes."""
LONGEST_PAUSE_MS = 270_000
GIVE_UP_MS = 75 * 3_600_000
"""Age at which an event is given up, as long as the Standard Webhooks specification suggests."""
JITTER = 0.2
"""Pauses are shorter by up to this share, so that endpoints are not all tried at one moment."""


@dataclass
class Gate:
    """The gate of one endpoint in one process."""

    jitter: random.Random = field(default_factory=chance.generator)
    since_ms: int | None = None
    """When the endpoint began to fail; None while the gate is open."""
    probe_ms: int = 0
    """When the next probe is due."""
    is_probing: bool = False
    suspect: Hashable = None
    """The one subject that has failed since the gate is shut; None if several have."""

    @property
    def is_open(self) -> bool:
        """True while the endpoint works."""
        return self.since_ms is None

    def lets_through(self, now_ms: int, subject: Hashable) -> bool:
        """True if an event may be posted now; while the gate is shut, it is the one probe then."""
        if self.is_open:
            return True
        is_acquitted = self.suspect is not None and subject != self.suspect
        if self.is_probing or (now_ms < self.probe_ms and not is_acquitted):
            return False
        self.is_probing = True
        return True

    def probed(self) -> None:
        """Note that the probe has ended, whatever came of it."""
        self.is_probing = False

    def opened(self) -> None:
        """Note that the endpoint answered: it accepted an event, or refused this one alone."""
        self.since_ms = None

    def failed(self, now_ms: int, subject: Hashable, *, is_probe: bool) -> None:
        """Note that the endpoint failed; `is_probe` for a post that began while it was shut."""
        if self.since_ms is None:
            self.since_ms, self.suspect = now_ms, subject
        else:
            self.suspect = self.suspect if subject == self.suspect else None
            if not is_probe:  # one of several posts that began while it was open
                return
        self.probe_ms = now_ms + self._pause_ms(now_ms - self.since_ms)

    def _pause_ms(self, outage_ms: int) -> int:
        if outage_ms <= 0:
            pause_ms: float = FIRST_PAUSE_MS
        elif outage_ms <= SHORT_OUTAGE_MS:
            pause_ms = SHORT_PAUSE_MS
        else:
            pause_ms = min(max(SHORT_PAUSE_MS, SHARE * outage_ms), LONGEST_PAUSE_MS)
        return round(pause_ms * self.jitter.uniform(1 - JITTER, 1))


def delay_ms(tries: int, jitter: random.Random) -> int:
    """The pause of a subject whose events were refused so many times while its endpoint worked."""
    pause_ms = min(SHORT_PAUSE_MS << min(max(tries, 1) - 1, 20), LONGEST_PAUSE_MS)
    return round(pause_ms * jitter.uniform(1 - JITTER, 1))
