"""Places and fixes that the tests are about; positions to about 100 m, from common knowledge."""

import datetime as dt

from enrayon.geofence.v1 import geofence_pb2 as pb

KAMPPI = (60.1690, 24.9310)
"""A shopping centre in Helsinki."""
PASILA = (60.1986, 24.9339)
"""A station 3.3 km north of it."""

T0 = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=2)
"""A moment that no test is far from."""


def at(seconds: float) -> dt.datetime:
    return T0 + dt.timedelta(seconds=seconds)


def fix(
    device: str, place: tuple[float, float], seconds: float, accuracy_m: float | None = 10.0
) -> pb.Fix:
    message = pb.Fix(
        device_id=device,
        location={"latitude": place[0], "longitude": place[1]},
        accuracy_m=accuracy_m,
    )
    message.device_time.FromDatetime(at(seconds))
    return message


def circle(place: tuple[float, float], radius_m: float, **rest: object) -> pb.Fence:
    center = {"latitude": place[0], "longitude": place[1]}
    return pb.Fence(circle={"center": center, "radius_m": radius_m}, **rest)


def north_of(place: tuple[float, float], metres: float) -> tuple[float, float]:
    return place[0] + metres / 111_400, place[1]
