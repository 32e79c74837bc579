"""Who walks: what they cannot take, and how wide they are."""

from dataclasses import dataclass

from geodata.floorplans.plan import Link, LinkKind


@dataclass(frozen=True, slots=True)
class Profile:
    """A way of getting about."""

    name: str
    avoids: frozenset[LinkKind]
    width_m: float
    """The narrowest gap passed; half of it is kept from every shelf and wall."""
    wheelchair: bool = False
    """Also avoids links that their source calls unfit for wheelchairs."""

    def takes(self, link: Link) -> bool:
        """Whether this link can be used; an unknown width is no obstacle."""
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
"""0.9 m is the clear passage width that ISO 21542 and EN 17210 ask of narrow points."""
