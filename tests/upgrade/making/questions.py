"""Notes requests whose answers must not change, and lists of which one page was read."""

from tests.upgrade.making.notes import Notes
from tests.upgrade.making.places import CORNER, location


def answers(notes: Notes) -> None:
    """Requests about every kind of resource."""
    read = notes.read
    for id in ("up-01", "up-03", "up-09", "up-13"):
        read("stores.GetStore", name=f"stores/{id}")
    read("stores.FindNearestStores", key="", origin={"point": location(CORNER)}, page_size=15)
    read("stores.SearchStores", key="", query="Ranta")
    read("hours.GetStoreHours", key="", name="stores/up-03/hours")
    read("hours.GetStoreHours", key="", name="stores/up-04/hours")
    for moment in ("2026-11-25T10:00:00Z", "2026-12-02T10:00:00Z", "2026-12-24T12:00:00Z",
                   "2027-01-01T10:00:00Z", "2027-01-06T10:00:00Z"):  # fmt: skip
        for id in ("up-01", "up-03", "up-04", "up-13"):
            read("hours.CheckOpenState", key="", name=f"stores/{id}/hours", at_time=moment)
    read("hours.ListStoreEvents", key="", parent="stores/up-03", start_time="2026-12-01T00:00:00Z")
    read("stock.GetProduct", name="products/sku-05")
    read("stock.SearchProducts", query="Bread")
    read("stock.GetStockPolicy", name="stores/up-08/stockPolicy")
    read("stock.GetStockGroup", name="stockGroups/north")
    skus = [f"products/sku-{n:02}" for n in range(1, 31)]
    for id in ("up-02", "up-08"):
        read("stock.GetStockLevels", store=f"stores/{id}", products=skus)
    read("stock.BatchGetStockLevels", group="stockGroups/north", products=skus[:5])
    read("stock.ListReservations", key="shop", parent="stores/up-07")
    read("stock.ListReservations", parent="stores/up-02", states=["STATE_CANCELED"])
    now = notes.suite.now()
    today = {"year": now.year, "month": now.month, "day": now.day}
    notes.suite.until(lambda: notes.call("stock.ListUnmetDemand", first_date=today).get("demands"))
    read("stock.ListUnmetDemand", first_date=today)
    read("geofence.ListFences", page_size=100)
    read("geofence.MatchFences", point={"latitude": 61.0005, "longitude": 25.0005})
    for id in ("cursor", "trips"):
        read("events.GetSubscription", name=f"subscriptions/{id}")
    store = "stores/up-09"
    read("aisle.GetFloorPlan", key="", name=f"{store}/floorPlans/current")
    read("aisle.LocateProducts", key="", store=store, products=skus[:4])
    read("aisle.PlanRoute", key="", store=store,
         walk={"items": [{"product": sku} for sku in skus[:4]]})  # fmt: skip
    read("aisle.ListBlockedAreas", key="", parent=store)
    read("aisle.ListAnchors", parent=store)


def pages(notes: Notes) -> None:
    """A second page of each list."""
    page, point = notes.page, {"point": location(CORNER)}
    page("stores.ListStores", key="", page_size=4)
    page("stores.SearchStores", key="", query="Ranta", page_size=3)
    page("stores.FindNearestStores", key="", origin=point, page_size=4)
    page("stock.SearchProducts", page_size=7)
    page("stock.ListStockLevels", parent="stores/up-08", page_size=7)
    page("stock.ListStoresWithStock", product="products/sku-27", page_size=4)
    page("stock.ListReservations", key="shop", parent="stores/up-07", page_size=2)
    page("stock.ListStockAlerts", key="shop", page_size=1)
    page("geofence.ListFences", page_size=3)
    page("events.ListSubscriptions", page_size=3)
    page("events.ListDeadLetters", parent="subscriptions/hook", page_size=1)
    page("aisle.ListAnchors", parent="stores/up-09", page_size=1)
    page("aisle.ListAisles", key="", parent="stores/up-09", page_size=1)
