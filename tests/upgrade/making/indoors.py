"""Makes the inside of a shop: a plan, placements, anchors, reports of shoppers."""

from tests.upgrade.making.notes import Notes
from tests.upgrade.making.places import PLACES, location
from tests.upgrade.running import Answer


def plan(notes: Notes) -> None:
    """A floor plan with placements, a blocked area and anchors, one of them revoked."""
    store = "stores/up-09"
    notes.call("aisle.PublishFloorPlan", parent=store, floor_plan=PLAN, floor_plan_id="v1")
    products = [
        {
            "product": f"products/sku-{n:02}",
            "placements": [
                {"level": "0", "aisle": aisle, "side": f"SIDE_{side}", "bay": bay, "shelf": 2}
            ],
        }
        for n, aisle, side, bay in ((1, "1", "RIGHT", 1), (2, "2", "LEFT", 3), (3, "2", "RIGHT", 2))
    ]  # fmt: skip
    notes.suite.send("aisle.UpsertPlacements", [{"parent": store, "products": products}])
    notes.once(
        "aisle.CreateBlockedArea",
        parent=store,
        blocked_area={"level": "0", "aisle": "3", "expire_time": "2027-11-24T09:00:00Z"},
        request_id="blocked-1",
    )
    for kind, y_m in (("door", 1.0), ("shelf", 9.0), ("gone", 2.0)):
        anchor(notes, kind, y_m)
    notes.call("aisle.RevokeAnchor", name=notes.held["anchors"]["gone"]["name"])
    notes.once(
        "aisle.CreateAnchor",
        parent=store,
        anchor={"position": {"level": "0", "x_m": 7.0, "y_m": 9.0}},
        request_id="anchor-1",
    )


def reports(notes: Notes) -> None:
    """As many reports on a product as a caller may make in a day."""
    for number in range(2):
        request = {
            "store": "stores/up-09",
            "product": "products/sku-02",
            "kind": "KIND_FOUND",
            "placement": {"level": "0", "aisle": "2", "side": "SIDE_LEFT", "bay": 3},
            "request_id": f"feedback-{number}",
        }
        answer = notes.call("aisle.SubmitPlacementFeedback", key="shop", **request)
    notes.held["feedback"] = {"request": request, "answer": answer}


def anchor(notes: Notes, kind: str, y_m: float) -> None:
    """An anchor that is noted by its kind."""
    made = notes.call(
        "aisle.CreateAnchor",
        parent="stores/up-09",
        anchor={
            "display_name": kind,
            "position": {"level": "0", "x_m": 6.0, "y_m": y_m},
            "heading_degrees": 90,
        },
        anchor_id=kind.replace("_", "-"),
    )
    fields = ("name", "url", "token", "position")
    notes.held["anchors"][kind] = {field: made[field] for field in fields}


def box(left: float, low: float, right: float, high: float) -> Answer:
    """A rectangle of a plan, in metres."""
    return {"loops": [{"coordinates_m": [left, low, right, low, right, high, left, high]}]}


def gondola(id: str, x: float, west: str, east: str) -> Answer:
    """A shelf of four bays on both sides."""
    sides = ((west, "SIDE_RIGHT", x), (east, "SIDE_LEFT", x + 1))
    faces = [
        {
            "aisle": aisle,
            "side": side,
            "start_m": [edge, 4],
            "end_m": [edge, 8],
            "bay_count": 4,
            "department": "dry",
        }
        for aisle, side, edge in sides
    ]
    return {"id": id, "level": "0", "outline": box(x, 4, x + 1, 8), "faces": faces}


PLAN: Answer = {
    "frame": {"origin": location(PLACES["up-09"]), "rotation_degrees": 12},
    "levels": [{"id": "0", "display_name": "Shop", "walkable": {"parts": [box(0, 0, 12, 10)]}}],
    "aisles": [
        {"id": id, "level": "0", "order": order, "area": box(left, 4, right, 8)}
        for order, (id, left, right) in enumerate((("1", 0, 3), ("2", 4, 8), ("3", 9, 12)), 1)
    ],
    "fixtures": [gondola("west", 3, "1", "2"), gondola("east", 8, "2", "3")],
    "departments": [{"id": "dry", "display_name": "Dry goods"}],
    "places": [
        {
            "id": "door",
            "place_kind": "PLACE_KIND_ENTRANCE",
            "position": {"level": "0", "x_m": 6, "y_m": 0.5},
        },
        {
            "id": "till",
            "place_kind": "PLACE_KIND_TILL",
            "position": {"level": "0", "x_m": 10, "y_m": 1},
        },
    ],
}
"""A corner shop of 12 m by 10 m with two gondolas."""
