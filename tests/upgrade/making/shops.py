"""Makes shops with their hours, products and levels."""

from tests.upgrade.making.notes import Notes
from tests.upgrade.making.places import PLACES, location
from tests.upgrade.running import Answer


def shops(notes: Notes) -> None:
    """Fifteen shops, one of them private and one closed for a while."""
    stores = [
        {
            "name": f"stores/{id}",
            "display_name": f"{('Metsola', 'Ranta')[n % 2]} {n}",
            "brand": ("Metsola", "Ranta")[n % 2],
            "location": location(place),
            "address": {
                "region_code": "FI",
                "postal_code": f"{100 + n:05}",
                "locality": "Helsinki",
                "address_lines": [f"Kuvitteellinen katu {n}"],
            },
            "phones": [f"+358 9 000 00{n:02}"],
            "attributes": ["dev.ucp.amenity.parking"] if n % 3 == 0 else [],
            "external_ids": {"gln": "9521321000018"} if id == "up-09" else {},
            "time_zone": "Europe/Helsinki",
            "opening_hours_text": "Mo-Fr 07:00-22:00; Sa 08:00-21:00; Su 10:00-18:00",
            "private": id == "up-14",
        }
        for n, (id, place) in enumerate(PLACES.items())
    ]
    stores[2]["service_area"] = {"postal_codes": ["00100", "00101"], "radius_m": 2_000}
    stores[12]["status"] = "STORE_STATUS_TEMPORARILY_CLOSED"
    assert 15 == notes.suite.send("stores.UpsertStores", [{"stores": stores}])["created_count"]
    token = notes.watched("stores.WatchStores")
    notes.held["etags"]["stores.UpdateStore"] = {
        "store": {"name": "stores/up-15", "display_name": "Ranta, renamed"}
    }
    changed = notes.call(
        "stores.UpdateStore", store={"name": "stores/up-15", "phones": ["+358 9 000 1515"]}
    )
    notes.held["etags"]["stores.UpdateStore"]["store"]["etag"] = changed["etag"]
    notes.held["watches"]["stores"] = {
        "method": "stores.WatchStores", "resume_token": token, "told": "stores/up-15",
    }  # fmt: skip


def hours(notes: Notes) -> None:
    """Hours with exceptions, holidays and a service; a closure; an event of a shop."""
    services = [
        {
            "name": "stores/up-03/services/pharmacy",
            "display_name": "Pharmacy",
            "expression": "Mo-Fr 09:00-18:00",
            "cut_offs": {"order_before_close_minutes": 30},
        }
    ]
    exceptions = [
        {
            "first_date": {"year": 2026, "month": 12, "day": 24},
            "hours": [{"opens": "08:00", "closes": "13:00"}],
            "label": "Christmas Eve",
        },
        {
            "first_date": {"year": 2026, "month": 12, "day": 31},
            "last_date": {"year": 2027, "month": 1, "day": 2},
        },
    ]
    notes.call(
        "hours.UpdateStoreHours",
        store_hours={
            "name": "stores/up-03/hours",
            "expression": "Mo-Sa 08:00-21:00; Su 11:00-17:00; PH off",
            "exceptions": exceptions,
            "holidays": {"region_code": "FI"},
            "services": services,
            "cut_offs": {"same_day_order_until": "17:00"},
        },
    )
    token = notes.watched("hours.WatchHours")
    notes.once(
        "hours.CreateClosure",
        parent="stores/up-04",
        closure={
            "start_date": {"year": 2026, "month": 12, "day": 1},
            "end_date": {"year": 2026, "month": 12, "day": 3},
            "reason": "works",
        },
        request_id="closure-1",
    )
    notes.held["watches"]["hours"] = {
        "method": "hours.WatchHours", "resume_token": token, "told": "stores/up-04",
    }  # fmt: skip
    notes.once(
        "hours.CreateStoreEvent",
        parent="stores/up-03",
        store_event={
            "title": "Tasting",
            "start_time": "2026-12-05T10:00:00Z",
            "end_time": "2026-12-05T14:00:00Z",
        },
        request_id="event-1",
    )


def products(notes: Notes) -> None:
    """Thirty products with levels at every shop, a policy, a group, and an event of a till."""
    names = [
        "Apple",
        "Bread",
        "Butter",
        "Cheese",
        "Coffee",
        "Flour",
        "Honey",
        "Juice",
        "Milk",
        "Rice",
    ]
    products = [
        {
            "name": f"products/sku-{n:02}",
            "display_name": f"{names[n % 10]} {n}",
            "localized_names": {"fi": f"Tuote {n}"},
            "gtins": [gtin(f"64000000000{n:02}"[:12])] if n < 10 else [],
            "brand": "Oma",
            "department": ("dry", "frozen")[n % 2],
        }
        for n in range(1, 31)
    ]
    notes.suite.send("stock.UpsertProducts", [{"products": products}])
    levels: list[Answer] = [
        {"product": product["name"], "on_hand": 0 if n >= 28 else 20 + n, "safety_stock": n % 3}
        for n, product in enumerate(products)
    ]
    levels[4]["futures"] = [{"date": {"year": 2026, "month": 12, "day": 20}, "quantity": 40}]
    told = [
        {
            "store": f"stores/{id}",
            "source": "erp",
            "sequence": 10,
            "levels": levels if id <= "up-09" else levels[24:28],
        }
        for id in PLACES
    ]
    assert "rejected" not in notes.suite.send("stock.SetStockLevels", told)
    notes.call(
        "stock.UpdateStockPolicy",
        stock_policy={
            "name": "stores/up-08/stockPolicy",
            "limited_up_to": 25,
            "max_quantity": 9,
            "pickup_methods": ["PICKUP_METHOD_IN_STORE", "PICKUP_METHOD_LOCKER"],
            "preparation_time": "1800s",
        },
    )
    notes.call(
        "stock.UpdateStockGroup",
        stock_group={"name": "stockGroups/north", "stores": ["stores/up-04", "stores/up-08"]},
    )
    notes.held["feed"] = {
        "store": "stores/up-05",
        "source": "till-1",
        "sequence": 7,
        "deltas": [{"product": "products/sku-01", "delta": -2}],
    }
    assert 1 == notes.call("stock.AdjustStock", **notes.held["feed"])["applied_count"]


def gtin(digits: str) -> str:
    """A GTIN-13 of twelve digits, with its check digit."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
