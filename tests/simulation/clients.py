"""Clients of a run: shoppers, tills, associates and others do the acts of a plan.

They know what they were told, and nothing else. A call without an answer is made again with the
same `request_id`, until there is one.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2 as pb
from enrayon.stores.v1 import stores_pb2
from services.chassis.access.credentials import NO_CREDENTIALS
from services.chassis.errors import ServiceError
from services.directory.events import LIFETIMES_S
from tests.simulation.nodes import Killed, Node
from tests.simulation.plan import Plan, Step
from tests.simulation.trace import Trace
from tests.simulation.upkeep import UPKEEP

STORES = ("t-stockmann", "t-forum", "t-arabia")
SECRET = "t-secret"
"""A private store: no shopper may ever see its id."""
SKUS = ("milk", "bread", "eggs")
PLACES = {
    "t-stockmann": (60.1687, 24.9418),
    "t-forum": (60.1694, 24.9380),
    "t-arabia": (60.2076, 24.9777),
    SECRET: (60.1700, 24.9400),
}
TYPES = tuple(kind for kind in LIFETIMES_S if kind.startswith(("reservation.", "alert.")))
HOURS = "Mo-Su 00:00-24:00"
TEXTS = (
    HOURS,
    "Mo-Sa 08:00-21:00",
    "Mo-Fr 10:00-18:00; Sa 10:00-16:00",
    "Mo-Th 09:00-17:00; Fr-Sa 18:00-02:00",
    "Mo-Fr 08:00-12:00,13:00-17:00",
)
"""Hours that stores may have."""
SHOPPERS = ("anna", "berta", "cleo")
CAPACITY = 2
PHONES = ("anna", "berta")
MOST_ROWS = 20
"""Rows after which a walk through pages is given up: there are not so many."""
AWAY = (60.1986, 24.9339)
STOCK, STORES_SERVICE, HOURS_SERVICE, EVENTS, GEOFENCE = (
    f"/enrayon.{name.lower()}.v1.{name}Service"
    for name in ("Stock", "Stores", "Hours", "Events", "Geofence")
)
AGAIN = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "ABORTED"}
"""Codes after which the outcome may not be known, or a later call may succeed."""


@dataclass
class Done:
    """One act as its client saw it."""

    step: Step
    kind: str
    request: Any
    began_s: float
    tried_s: float = 0.0
    """When its last attempt began."""
    ended_s: float = 0.0
    outcome: str = "unknown"
    """`done`, `refused REASON`, or `unknown`: no answer came."""
    response: Any = None
    tries: int = 0


class Clients:
    """The clients of one run."""

    def __init__(self, plan: Plan, nodes: Sequence[Node], trace: Trace) -> None:
        self._plan = plan
        self._nodes = nodes
        self._trace = trace
        self._loop = asyncio.get_running_loop()
        self.done: list[Done] = []
        self.holds: dict[str, pb.Reservation] = {}
        """Name -> the hold as a client saw it last."""
        self.alerts: dict[str, pb.StockAlert] = {}
        self.trips: list[str] = []
        self.closures: list[str] = []
        self.sequences: Counter[str] = Counter()
        self.is_settling = False

    async def set_up(self) -> None:
        """Fill the suite, before anything fails."""
        stores = [
            stores_pb2.Store(
                name=f"stores/{id}",
                display_name=id,
                location={"latitude": latitude, "longitude": longitude},
                address={"region_code": "FI", "locality": "Helsinki"},
                private=id == SECRET,
            )
            for id, (latitude, longitude) in PLACES.items()
        ]
        await self._stream(
            f"{STORES_SERVICE}/UpsertStores", stores_pb2.UpsertStoresRequest(stores=stores)
        )
        products = [pb.Product(name=f"products/{sku}", display_name=sku) for sku in SKUS]
        await self._stream(f"{STOCK}/UpsertProducts", pb.UpsertProductsRequest(products=products))
        for store in STORES:
            await self.feed(store, dict.fromkeys(SKUS, self._plan.units), "set-up")
            hours = hours_pb2.StoreHours(name=f"stores/{store}/hours", expression=HOURS)
            await self._must(
                f"{HOURS_SERVICE}/UpdateStoreHours",
                hours_pb2.UpdateStoreHoursRequest(store_hours=hours),
            )
            await self._must(f"{STOCK}/UpdateStockPolicy", policy_of(store, CAPACITY))
        for id, uri in {
            "all": "https://one.example/hook",
            "more": "https://two.example/hook",
        }.items():
            subscription = events_pb2.Subscription(webhook={"uri": uri})
            if id == "more":
                subscription.filter.types.extend(list(TYPES))
            await self._must(
                f"{EVENTS}/CreateSubscription",
                events_pb2.CreateSubscriptionRequest(subscription=subscription, subscription_id=id),
            )

        center = dict(zip(("latitude", "longitude"), PLACES["t-forum"], strict=True))
        fence = geofence_pb2.Fence(circle={"center": center, "radius_m": 150})
        await self._must(
            f"{GEOFENCE}/CreateFence",
            geofence_pb2.CreateFenceRequest(fence=fence, fence_id="forum"),
        )

    async def act(self, step: Step) -> None:
        """Do the act of a step."""
        rng = random.Random(f"{self._plan.seed} {step.number}")
        if step.kind in OF_HOLD:
            await self._of_hold(step, rng, step.kind)
        else:
            await getattr(self, f"_{step.kind}")(step, rng)

    # Acts.

    async def _hold(self, step: Step, rng: random.Random, slot: str = "") -> None:
        store = slot.split("/")[1] if slot else rng.choice(STORES)
        request = pb.CreateReservationRequest(
            parent=f"stores/{store}",
            items=basket(rng),
            shopper=rng.choice(SHOPPERS),
            allow_partial=rng.random() < 0.2,
            request_id=f"r{step.number}",
            pickup_slot=slot,
        )
        if rng.random() < 0.5:
            request.ttl.FromSeconds(rng.choice((1, 10, 60, 600)))
        await self._change(step, "CreateReservation", request, rng)

    async def _hold_slot(self, step: Step, rng: random.Random) -> None:
        slots = await self._slots(step, rng)
        if slots:
            await self._hold(step, rng, rng.choice(slots[:3]))

    async def _change_lines(self, step: Step, rng: random.Random, hold: pb.Reservation) -> None:
        request = pb.UpdateReservationRequest(request_id=f"r{step.number}")
        request.reservation.name = hold.name
        if rng.random() < 0.7:
            request.update_mask.paths.append("items")
            for item in basket(rng):
                request.reservation.items.add(
                    product=item.product, requested_quantity=item.quantity
                )
        else:
            slots = await self._slots(step, rng, hold.name.partition("/reservations/")[0])
            request.update_mask.paths.append("pickup_slot")
            request.reservation.pickup_slot = (
                rng.choice(slots[:2]) if slots and rng.random() < 0.7 else ""
            )
        await self._change(step, "UpdateReservation", request, rng)

    async def _of_hold(self, step: Step, rng: random.Random, kind: str) -> None:
        live = [h for h in self.holds.values() if h.state <= pb.Reservation.STATE_READY]
        if kind == "undo":
            live = [h for h in self.holds.values() if any(i.collected_quantity for i in h.items)]
        if not live:
            return
        hold = rng.choice(live)
        if kind == "change":
            await self._change_lines(step, rng, hold)
            return
        etag = hold.etag if rng.random() < 0.2 else ""
        names = {
            "extend": "ExtendReservation", "cancel": "CancelReservation",
            "prepare": "PrepareReservation", "ready": "MarkReservationReady",
            "collect": "CollectReservation", "undo": "UndoCollectReservation",
            "missing": "ReportMissingItems", "transfer": "TransferReservation",
        }  # fmt: skip
        method = names[kind]
        request: Any = getattr(pb, f"{method}Request")(name=hold.name)
        if kind == "transfer":
            others = [store for store in STORES if store not in hold.name]
            request.destination_store = f"stores/{rng.choice(others)}"
        else:
            request.etag = etag
        if kind == "extend":
            request.ttl.FromSeconds(rng.choice((5, 60, 600)))
        left = [i for i in hold.items if i.held_quantity > i.collected_quantity]
        if kind == "missing" or (kind == "collect" and rng.random() < 0.4):
            some = rng.choice(left) if left else hold.items[0]
            request.items.add(product=some.product, quantity=1)
        if kind == "collect":
            request.release_rest = rng.random() < 0.3
        if kind in ("collect", "missing", "transfer"):
            request.request_id = f"r{step.number}"
        await self._change(step, method, request, rng)

    async def _read_hold(self, step: Step, rng: random.Random) -> None:
        if self.holds:
            request = pb.GetReservationRequest(name=rng.choice(list(self.holds)))
            await self.call(step, f"{STOCK}/GetReservation", request, rng)

    async def _list_holds(self, step: Step, rng: random.Random) -> None:
        request = pb.ListReservationsRequest(parent=f"stores/{rng.choice(STORES)}")
        await self.call(step, f"{STOCK}/ListReservations", request, rng)

    async def _feed(self, step: Step, rng: random.Random) -> None:
        units = {sku: rng.randint(0, 2 * self._plan.units) for sku in rng.sample(SKUS, 2)}
        await self.feed(rng.choice(STORES), units, "feed", step, rng)

    async def _sell(self, step: Step, rng: random.Random) -> None:
        store = rng.choice(STORES)
        self.sequences[f"till {store}"] += 1
        request = pb.AdjustStockRequest(
            store=f"stores/{store}",
            source="till",
            sequence=self.sequences[f"till {store}"],
            deltas=[
                pb.StockDelta(
                    product=f"products/{rng.choice(SKUS)}", delta=rng.choice((-1, -1, -2, 1, 3))
                )
            ],
        )
        await self.call(step, f"{STOCK}/AdjustStock", request, rng)

    async def _alert(self, step: Step, rng: random.Random, *, with_hold: bool = False) -> None:
        alert = pb.StockAlert(shopper=rng.choice(SHOPPERS), store=f"stores/{rng.choice(STORES)}")
        if rng.random() < 0.5:
            alert.items.extend(basket(rng))
        else:
            alert.products.append(f"products/{rng.choice(SKUS)}")
            alert.min_quantity = rng.randint(1, 3)
        if with_hold:
            alert.hold.ttl.FromSeconds(rng.choice((30, 300, 3600)))
        request = pb.CreateStockAlertRequest(stock_alert=alert, request_id=f"r{step.number}")
        done = await self.call(step, f"{STOCK}/CreateStockAlert", request, rng)
        if done.outcome == "done":
            self.alerts[done.response.name] = done.response

    async def _alert_hold(self, step: Step, rng: random.Random) -> None:
        await self._alert(step, rng, with_hold=True)

    async def _drop_alert(self, step: Step, rng: random.Random) -> None:
        if self.alerts:
            request = pb.DeleteStockAlertRequest(name=rng.choice(list(self.alerts)))
            await self.call(step, f"{STOCK}/DeleteStockAlert", request, rng)

    async def _availability(self, step: Step, rng: random.Random) -> None:
        point = {"latitude": 60.169, "longitude": 24.931}
        request = pb.FindNearestAvailabilityRequest(items=basket(rng), origin={"point": point})
        await self.call(step, f"{STOCK}/FindNearestAvailability", request, rng)

    async def _levels(self, step: Step, rng: random.Random) -> None:
        request = pb.GetStockLevelsRequest(
            store=f"stores/{rng.choice(STORES)}", products=[f"products/{sku}" for sku in SKUS]
        )
        await self.call(step, f"{STOCK}/GetStockLevels", request, rng)

    async def _policy(self, step: Step, rng: random.Random) -> None:
        request = policy_of(rng.choice(STORES), rng.choice((1, 2, 3)))
        await self.call(step, f"{STOCK}/UpdateStockPolicy", request, rng)

    async def _walk(self, step: Step, rng: random.Random) -> None:
        """Read all stores, a page at a time; all of them are there from begin to end."""
        names: list[str] = []
        token = ""
        while len(names) <= MOST_ROWS:
            request = stores_pb2.ListStoresRequest(page_size=1, page_token=token)
            done = await self.call(step, f"{STORES_SERVICE}/ListStores", request, rng)
            if done.outcome != "done":
                return
            names += [store.name for store in done.response.stores]
            token = done.response.next_page_token
            if not token:
                break
        done.kind, done.response = "walk", names

    async def _open_state(self, step: Step, rng: random.Random) -> None:
        request = hours_pb2.CheckOpenStateRequest(name=f"stores/{rng.choice(STORES)}/hours")
        if rng.random() < 0.8:
            hour_s = (self._now_s() // 3600 + rng.choice((0, 0, rng.randint(-84, 84)))) * 3600
            request.at_time.seconds = hour_s + rng.choice((-1, 0, 1, 1800))
        await self.call(step, f"{HOURS_SERVICE}/CheckOpenState", request, rng)

    async def _hours(self, step: Step, rng: random.Random) -> None:
        store = rng.choice(STORES)
        hours = hours_pb2.StoreHours(name=f"stores/{store}/hours", expression=rng.choice(TEXTS))
        request = hours_pb2.UpdateStoreHoursRequest(store_hours=hours)
        await self.call(step, f"{HOURS_SERVICE}/UpdateStoreHours", request, rng)

    async def _closure(self, step: Step, rng: random.Random) -> None:
        begin_s = self._now_s() // 3600 * 3600
        request = hours_pb2.CreateClosureRequest(
            parent=f"stores/{rng.choice(STORES)}",
            closure={
                "start_time": {"seconds": begin_s},
                "end_time": {"seconds": begin_s + rng.choice((3600, 86_400))},
            },
            closure_id=f"c{step.number}",
            request_id=f"r{step.number}",
        )
        done = await self.call(step, f"{HOURS_SERVICE}/CreateClosure", request, rng)
        if done.outcome == "done":
            self.closures.append(done.response.name)

    async def _reopen(self, step: Step, rng: random.Random) -> None:
        if self.closures:
            request = hours_pb2.CancelClosureRequest(name=rng.choice(self.closures))
            await self.call(step, f"{HOURS_SERVICE}/CancelClosure", request, rng)

    async def _upkeep(self, step: Step, rng: random.Random) -> None:
        """Change something of the chain."""
        method = rng.choice(list(UPKEEP))
        service, _, name = method.partition("/")
        request = UPKEEP[method](rng, self._now_s(), f"r{step.number}")
        await self.call(
            step, f"/enrayon.{service.lower()}.v1.{service}Service/{name}", request, rng
        )

    async def _complete_trip(self, step: Step, rng: random.Random) -> None:
        await self._of_trip(step, rng, "CompleteTrip")

    async def _code(self, step: Step, rng: random.Random) -> None:
        """Ask for the code of a hold, which makes one."""
        if self.holds:
            request = pb.GetPickupCodeRequest(name=f"{rng.choice(list(self.holds))}/pickupCode")
            await self.call(step, f"{STOCK}/GetPickupCode", request, rng)

    def _now_s(self) -> int:
        return round(self._plan.began_s + self._loop.time())

    async def _read_store(self, step: Step, rng: random.Random) -> None:
        request = stores_pb2.GetStoreRequest(name=f"stores/{rng.choice((*STORES, SECRET))}")
        await self.call(step, f"{STORES_SERVICE}/GetStore", request, rng)

    async def _position(self, step: Step, rng: random.Random) -> None:
        phone = rng.choice(PHONES)
        latitude, longitude = rng.choice((PLACES["t-forum"], PLACES["t-forum"], AWAY))
        self.sequences[phone] += 1
        fix = geofence_pb2.Fix(
            device_id=phone,
            location={"latitude": latitude, "longitude": longitude},
            sequence=self.sequences[phone],
            accuracy_m=10,
        )
        fix.device_time.FromMilliseconds(round((self._plan.began_s + self._loop.time()) * 1000))
        request = geofence_pb2.ReportPositionRequest(fix=fix, consent=True)
        await self.call(step, f"{GEOFENCE}/ReportPosition", request, rng)

    async def _erase(self, step: Step, rng: random.Random) -> None:
        request = geofence_pb2.EraseDeviceRequest(device_id=rng.choice(PHONES))
        await self.call(step, f"{GEOFENCE}/EraseDevice", request, rng)

    async def _start_trip(self, step: Step, rng: random.Random) -> None:
        live = [hold for hold in self.holds.values() if hold.trip_token]
        if not live:
            return
        hold = rng.choice(live)
        request = geofence_pb2.StartTripRequest(
            parent=hold.name.partition("/reservations/")[0],
            device_id=rng.choice(PHONES),
            consent=True,
            reservation=hold.name,
            trip_token=hold.trip_token,
            request_id=f"r{step.number}",
        )
        done = await self.call(step, f"{GEOFENCE}/StartTrip", request, rng)
        if done.outcome == "done":
            self.trips.append(done.response.name)

    async def _of_trip(self, step: Step, rng: random.Random, method: str) -> None:
        if self.trips:
            request = getattr(geofence_pb2, f"{method}Request")(name=rng.choice(self.trips))
            await self.call(step, f"{GEOFENCE}/{method}", request, rng)

    async def _check_in(self, step: Step, rng: random.Random) -> None:
        await self._of_trip(step, rng, "CheckInTrip")

    async def _cancel_trip(self, step: Step, rng: random.Random) -> None:
        await self._of_trip(step, rng, "CancelTrip")

    async def _read_trip(self, step: Step, rng: random.Random) -> None:
        await self._of_trip(step, rng, "GetTrip")

    async def _slots(self, step: Step, rng: random.Random, parent: str = "") -> list[str]:
        parent = parent or f"stores/{rng.choice(STORES)}"
        request = pb.ListPickupSlotsRequest(parent=parent, page_size=4)
        done = await self.call(step, f"{STOCK}/ListPickupSlots", request, rng)
        return [slot.name for slot in done.response.pickup_slots] if done.outcome == "done" else []

    async def _change(self, step: Step, method: str, request: Any, rng: random.Random) -> None:
        done = await self.call(step, f"{STOCK}/{method}", request, rng)
        if done.outcome == "done":
            self.holds[done.response.name] = done.response

    async def feed(
        self,
        store: str,
        units: dict[str, int],
        source: str,
        step: Step | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """Send what a store has, as its merchandise system does."""
        self.sequences[f"{source} {store}"] += 1
        request = pb.SetStockLevelsRequest(
            store=f"stores/{store}",
            source=source,
            sequence=self.sequences[f"{source} {store}"],
            levels=[
                pb.StockLevelInput(product=f"products/{sku}", on_hand=n) for sku, n in units.items()
            ],
        )
        path = f"{STOCK}/SetStockLevels"
        if step is None or rng is None:
            await self._stream(path, request)
        else:
            await self.call(step, path, request, rng)

    # Calls.

    async def _must(self, path: str, request: Message) -> Any:
        done = await self.call(Step(-1, 0, "set up"), path, request, random.Random(0))
        assert done.outcome == "done", (path, done.outcome, done.response)
        return done.response

    _stream = _must

    async def call(self, step: Step, path: str, request: Message, rng: random.Random) -> Done:
        """Call a method until there is an answer; so many times at most."""
        done = Done(step, path.rpartition("/")[2], request, self._loop.time())
        self.done.append(done)
        for attempt in range(60):
            done.tries += 1
            done.tried_s = self._loop.time()
            answer = await self._attempt(path, request, rng)
            if isinstance(answer, bytes):
                done.outcome = "done"
                done.response = self.parsed(path, answer)
                break
            if isinstance(answer, ServiceError) and answer.code.name not in AGAIN:
                done.outcome = f"refused {answer.reason or answer.code.name}"
                done.response = answer
                break
            if isinstance(answer, ServiceError) and answer.code.name == "INTERNAL":
                raise AssertionError(f"bug: INTERNAL from {path}: {answer.__cause__!r}") from answer
            if isinstance(answer, ServiceError) and answer.code.name != "UNAVAILABLE":
                done.outcome = f"refused {answer.reason}"
                break
            await asyncio.sleep(min(0.2 * 1.5**attempt, 5.0) * rng.uniform(0.5, 1.0))
        done.ended_s = self._loop.time()
        self._trace.add(done.ended_s, "client", step.number, done.kind, done.outcome)
        return done

    async def _attempt(
        self, path: str, request: Message, rng: random.Random
    ) -> bytes | ServiceError | None:
        """One attempt; None when no answer came."""
        await asyncio.sleep(rng.uniform(0.001, 0.01))
        ready = [n for n in self._nodes if not n.works and n.is_ready.is_set()]
        if not ready:
            return None
        node = rng.choice(ready)
        deadline_s = rng.choice((2.0, 10.0, 30.0))
        is_lost = rng.random() < self._plan.client_loss and not self.is_settling
        try:
            async with asyncio.timeout(deadline_s):
                answer = await node.answer(
                    path, request.SerializeToString(deterministic=True), NO_CREDENTIALS
                )
        except ServiceError as error:
            return None if is_lost else error
        except (TimeoutError, Killed):
            return None
        await asyncio.sleep(rng.uniform(0.001, 0.01))
        return None if is_lost else answer

    def parsed(self, path: str, data: bytes) -> Any:
        """The response in its bytes."""
        for node in self._nodes:
            if path in node.responses:
                return node.responses[path].FromString(data)
        raise LookupError(path)


OF_HOLD = (
    "change",
    "extend",
    "cancel",
    "prepare",
    "ready",
    "collect",
    "undo",
    "missing",
    "transfer",
)


def basket(rng: random.Random) -> list[pb.BasketItem]:
    """Some products, a few units of each."""
    return [
        pb.BasketItem(product=f"products/{sku}", quantity=rng.randint(1, 3))
        for sku in rng.sample(SKUS, rng.randint(1, 2))
    ]


def policy_of(store: str, capacity: int) -> pb.UpdateStockPolicyRequest:
    """A store hands goods over to cars in slots of ten minutes."""
    policy = pb.StockPolicy(name=f"stores/{store}/stockPolicy")
    methods = (pb.PICKUP_METHOD_IN_STORE, pb.PICKUP_METHOD_CURBSIDE)
    policy.pickup_methods.extend(methods)
    policy.pickup_slots.add(method=methods[1], duration={"seconds": 1800}, capacity=capacity)
    return pb.UpdateStockPolicyRequest(stock_policy=policy)
