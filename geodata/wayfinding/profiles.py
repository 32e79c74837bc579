"""Walking profiles: the links that a walker avoids, and the walker's width."""

from dataclasses import dataclass

from geodata.floorplans.plan import Link, LinkKind


@dataclass(frozen=True, slots=True)
class Profile:
    """The limits of a kind of walker."""

    name: str
    avoids: frozenset[LinkKind]
    width_m: float
    """The narrowest passable gap; the walker keeps half of it from every shelf and wall."""
    wheelchair: bool = False
    """True to avoid links that their source marks as unsuitable for wheelchairs."""

    def takes(self, link: Link) -> bool:
        """True if the walker can use the link; a link of unknown width counts as wide enough."""
        return (
            link.kind not in self.avoids
            and (link.width_m is None or link.width_m >= self.width_m)
            and not (self.wheelchair and link.wheelchair is False)
        )


WALKING = Profile("walking", frozenset(), 0.5)
TROLLEY = Profile("trolley", frozenset({LinkKind.STEPS, LinkKind.ESCALATOR}), 0.7)
STEP_FREE = Profile(
    "step_free",
    frozenset({LinkKind.STEPS, LinkKind.ESCALATOR, LinkKind.MOVING_WALKWAY}),
    0.9,
    wheelchair=True,
)
"""0.9 m is the clear width that ISO 21542 and EN 17210 require at narrow points."""
