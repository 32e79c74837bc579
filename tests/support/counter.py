"""The demo with access control, and the counter of one of its shops."""

import json
import time
import urllib.request
from typing import Any

from tests.support.locator import Demo

S_MARKET = "stores/osm-node~299983963"
"""S-Market Kasarmitori, the shop of the demo with a floor plan."""
MILK, APPLES, CHOCOLATE = "products/g-048", "products/g-001", "products/g-106"


class Shop(Demo):
    """A demo that asks for keys; requests beside the pages are those of an app."""

    def start(self) -> None:
        """Start it, and make the keys of an app and of an office."""
        self.environment["ENRAYON_ACCESS"] = "enforced"
        # All tablets of the tests are one address.
        self.environment["ENRAYON_LIMIT_SIGN_INS_PER_MINUTE"] = "1000"
        super().start()
        self.app = self.key("app")["token"]
        self.office = self.key("office", "--role", "admin")["token"]

    def key(self, *words: str) -> Any:
        """A new key, with its link if it is for people."""
        made = self.command("keys", "create", *words, "--json")
        assert not made.returncode, made.stderr
        return json.loads(made.stdout)

    def link(self, name: str, store: str = S_MARKET) -> str:
        """A link that signs a tablet of a shop in."""
        return str(self.key(name, "--role", "staff", "--store", store)["link"])

    def stock_up(self) -> None:
        """Have plenty of all goods of the tests at the shop."""
        levels = [{"product": product, "onHand": 60} for product in (MILK, APPLES, CHOCOLATE)]
        told = {"store": S_MARKET, "source": "tests", "sequence": str(time.time_ns() // 1_000_000)}
        message = [{**told, "levels": levels}]
        self.call("POST", "/v1/stock:setLevels", message, self.office)

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The JSON answer to a request of the app, or with another key."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"content-type": "application/json", "x-api-key": key or self.app},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def hold(self, store: str = S_MARKET, **units: int) -> Any:
        """A new hold of the app: `milk=2`."""
        products = {"milk": MILK, "apples": APPLES, "chocolate": CHOCOLATE}
        items = [{"product": products[name], "quantity": n} for name, n in units.items()]
        return self.call("POST", f"/v1/{store}/reservations", {"items": items or BASKET})

    def come(self, hold: Any, bay: str = "", vehicle: str = "") -> str:
        """Have the owner of a hold come and say so; returns the trip."""
        store = "/".join(hold["name"].split("/")[:2])
        trip = self.call(
            "POST",
            f"/v1/{store}/trips:start",
            {
                "deviceId": hold["name"][-8:],
                "consent": True,
                "reservation": hold["name"],
                "tripToken": hold["tripToken"],
            },
        )["name"]
        self.call("POST", f"/v1/{trip}:checkIn", {"bay": bay, "vehicle": vehicle})
        return str(trip)

    def code(self, hold: Any) -> Any:
        """The pick-up code of a hold."""
        return self.call("GET", f"/v1/{hold['name']}/pickupCode")

    def state(self, hold: Any) -> str:
        """The state of a hold."""
        return str(self.call("GET", f"/v1/{hold['name']}")["state"])


BASKET = [{"product": MILK, "quantity": 1}]
