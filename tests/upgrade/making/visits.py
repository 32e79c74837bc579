"""Makes fences, devices in mid-visit, and trips."""

import time

from tests.upgrade.making.notes import Notes
from tests.upgrade.making.places import PLACES, location, north_of
from tests.upgrade.running import Answer

SPOTS = {
    fence: north_of((60.3, 25.5), 5_000.0 * number)
    for number, fence in enumerate(("plain", "dwell", "leave", "capped", "cursor", "hook"))
}
"""The centres of the circles, 5 km apart."""


def fences(notes: Notes) -> None:
    """Circles with timers and a cap, a polygon, and circles round the shops of a brand."""
    kinds: dict[str, Answer] = {
        "plain": {},
        "dwell": {"dwell_time": "600s", "labels": {"group": "timers"}},
        "leave": {"exit_delay": "600s", "labels": {"group": "timers"}},
        "capped": {"frequency_cap": {"visits": 1, "period": "82800s"}},
        "cursor": {"labels": {"group": "cursor"}},
        "hook": {"labels": {"group": "hook"}, "metadata": {"campaign": "spring"}},
    }
    for id, fence in kinds.items():
        circle = {"center": location(SPOTS[id]), "radius_m": 100}
        notes.call("geofence.CreateFence", fence={**fence, "circle": circle}, fence_id=id)
    etag = notes.call("geofence.GetFence", name="fences/plain")["etag"]
    notes.held["etags"]["geofence.UpdateFence"] = {
        "fence": {"name": "fences/plain", "display_name": "Renamed", "etag": etag}
    }
    notes.once(
        "geofence.CreateFence",
        fence={"multi_polygon": {"polygons": [{"rings": [{"points": corners((61.0, 25.0))}]}]}},
        request_id="fence-1",
    )
    notes.call(
        "geofence.CreateFence",
        fence={"around_stores": {"brands": ["Metsola"], "radius_m": 150}},
        fence_id="metsola",
    )


def fix(notes: Notes, device: str, place: tuple[float, float]) -> list[Answer]:
    """A device reports its position; answers the events."""
    fix = {
        "device_id": f"device of {device}",
        "location": location(place),
        "device_time": notes.suite.now().isoformat(),
        "accuracy_m": 5,
    }
    result = notes.call("geofence.ReportPosition", key="shop", fix=fix, consent=True)["result"]
    assert result["outcome"] == "OUTCOME_APPLIED", result
    noted = notes.held["devices"].setdefault(device, {"events": 0})
    noted |= {"device_id": fix["device_id"], "subject": result["subject"], "last_fix": fix}
    for event in result.get("events", []):
        noted |= {"events": int(event["number"]), "last_event_time": event["device_time"]}
    time.sleep(0.002)  # so that the next fix has a later time, in milliseconds
    return list(result.get("events", []))


def visit(notes: Notes, device: str, fence: str, *, times: int = 1) -> None:
    """A device enters a fence so many times, and stays inside."""
    inside, outside = SPOTS[fence], north_of(SPOTS[fence], 400)
    fix(notes, device, outside)
    for number in range(times):
        if number:
            fix(notes, device, outside)
        fix(notes, device, inside)
    notes.held["devices"][device] |= {
        "fence": f"fences/{fence}",
        "inside": location(inside),
        "outside": location(outside),
    }


def leave(notes: Notes, device: str) -> None:
    """A device leaves its fence."""
    noted = notes.held["devices"][device]["outside"]
    fix(notes, device, (noted["latitude"], noted["longitude"]))


def visits(notes: Notes) -> None:
    """Devices in mid-visit, or just after a visit."""
    visit(notes, "inside", "plain", times=3)
    visit(notes, "erased", "plain")
    visit(notes, "outside", "plain")
    leave(notes, "outside")
    visit(notes, "capped", "capped")
    leave(notes, "capped")
    visit(notes, "dwelling", "dwell")
    visit(notes, "leaving", "leave")
    leave(notes, "leaving")
    visit(notes, "in_store", "plain")
    leave(notes, "in_store")
    inside = north_of(PLACES["up-11"], 50)
    [entered] = fix(notes, "in_store", inside)
    assert entered["store"] == "stores/up-11", entered
    notes.held["devices"]["in_store"] |= {"fence": "fences/metsola", "inside": location(inside)}


def trips(notes: Notes) -> None:
    """A trip in each state, and one of a device that will be erased."""
    for kind, store in (("started", "up-10"), ("approaching", "up-10"), ("arrived", "up-12"),
                        ("completed", "up-12"), ("erased", "up-12")):  # fmt: skip
        device = "erased" if kind == "erased" else f"trip-{kind}"
        made = notes.once(
            "geofence.StartTrip",
            key="shop",
            parent=f"stores/{store}",
            device_id=f"device of {device}",
            consent=True,
            order=f"order-{kind}",
            travel_mode="TRAVEL_MODE_CAR",
            request_id=f"trip-{kind}",
        )
        notes.held["trips"][kind] = {"name": made["name"], "subject": made["subject"]}
    fix(notes, "trip-started", north_of(PLACES["up-10"], 60_000))
    fix(notes, "trip-approaching", north_of(PLACES["up-10"], 1_500))
    names = {kind: trip["name"] for kind, trip in notes.held["trips"].items()}
    notes.call("geofence.CheckInTrip", key="shop", name=names["arrived"], bay="B2")
    notes.call("geofence.CompleteTrip", key="shop", name=names["completed"])
    for kind in ("started", "approaching", "arrived", "completed"):
        trip = notes.call("geofence.GetTrip", key="shop", name=names[kind])
        assert trip["state"] == f"STATE_{kind.upper()}", trip


def corners(low: tuple[float, float]) -> list[Answer]:
    """A square of a hundredth of a degree."""
    latitude, longitude = low
    high = (latitude + 0.01, longitude + 0.01)
    return [location(at) for at in (low, (latitude, high[1]), high, (high[0], longitude))]
