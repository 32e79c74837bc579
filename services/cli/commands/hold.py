"""`enrayon hold`: creates, shows, changes, hands over and cancels holds."""

import enum
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import grpc
import segno
import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.markup import escape
from rich.table import Column, Table

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.cli.baskets import BasketArgument, resolved
from services.cli.channel import TIMEOUT_S, services
from services.cli.clock import length, local
from services.cli.consoles import console
from services.cli.output import USAGE, CommandError, JsonOption, print_json
from services.cli.stores import store_id, store_name
from services.client.holds import changed_lines
from services.client.words import spoken_code

if TYPE_CHECKING:  # stubs are generic for type checkers alone
    Stub = stock_pb2_grpc.StockServiceStub

HoldArgument = Annotated[
    str, typer.Argument(metavar="HOLD", help="The hold's name, as `create` prints it.")
]
SlotOption = Annotated[
    str, typer.Option(metavar="SLOT", help="A pick-up slot, as `slots` prints it.")
]
StoreArgument = Annotated[str, typer.Argument(help="A store's id.")]
NO_SLOT = "none"


class Method(enum.StrEnum):
    """How the goods are handed over."""

    IN_STORE = "in-store"
    CURBSIDE = "curbside"
    LOCKER = "locker"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    hold = typer.Typer(
        no_args_is_help=True, help="Create, show, change, hand over and cancel holds."
    )
    for name, command in (
        ("create", create),
        ("get", get),
        ("list", list_holds),
        ("update", update),
        ("extend", extend),
        ("prepare", prepare),
        ("ready", ready),
        ("collect", collect),
        ("undo", undo),
        ("missing", missing),
        ("queue", queue),
        ("transfer", transfer),
        ("cancel", cancel),
        ("code", code),
        ("find", find),
        ("slots", slots),
    ):
        hold.command(name)(command)
    app.add_typer(hold, name="hold")


def create(
    store: StoreArgument,
    basket: BasketArgument,
    ttl: Annotated[
        str, typer.Option(help="Lifetime of the hold: 90m, 2h, 1d. [until it can be fetched]")
    ] = "",
    shopper: Annotated[str, typer.Option(help="The shopper, in the caller's own terms.")] = "",
    slot: SlotOption = "",
    partial: Annotated[
        bool, typer.Option("--partial", help="Hold what is available if it is not all.")
    ] = False,
    request_id: Annotated[
        str, typer.Option(help="A retry with the same id returns the same hold. [random]")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Hold a basket at a store: `enrayon hold create osm-123 milk:2 bread:1`."""

    def made(stub: "Stub") -> stock_pb2.Reservation:
        request = stock_pb2.CreateReservationRequest(
            parent=store_name(store),
            items=resolved(stub, basket)[0],
            shopper=shopper,
            allow_partial=partial,
            request_id=request_id or secrets.token_hex(8),
            pickup_slot=slot,
        )
        if ttl:
            request.ttl.FromTimedelta(length(ttl))
        return stub.CreateReservation(request, timeout=TIMEOUT_S)

    show_result(made, json, following)


def following(hold: stock_pb2.Reservation) -> list[str]:
    """The commands that the shopper and the shop need next."""
    return [f"enrayon hold code {hold.name}", f"enrayon hold collect {hold.name}"]


def get(hold: HoldArgument, json: JsonOption = False) -> None:
    """Show a hold."""
    request = stock_pb2.GetReservationRequest(name=hold)
    show_result(lambda stub: stub.GetReservation(request, timeout=TIMEOUT_S), json)


def list_holds(
    store: Annotated[str, typer.Argument(help="A store's id; all stores need --shopper.")] = "-",
    shopper: Annotated[str, typer.Option(help="Only holds of this shopper.")] = "",
    json: JsonOption = False,
) -> None:
    """List the live holds at a store, or those of a shopper at all stores; oldest first."""
    request = stock_pb2.ListReservationsRequest(
        parent=store_name(store), shopper=shopper, page_size=1000
    )
    with services() as channel:
        answer = stock_pb2_grpc.StockServiceStub(channel).ListReservations(
            request, timeout=TIMEOUT_S
        )
        if json:
            print_json(answer)
            return
        products, stores = ProductNames(channel), Stores(channel)
        table = Table(Column("hold", overflow="fold"), "state", "goods", "until", box=None)
        for hold in answer.reservations:
            table.add_row(
                hold.name,
                state_of(hold),
                goods(hold, products),
                stores.clock(hold.name, hold.expire_time),
            )
    console.print(table if answer.reservations else "There are no live holds.")


def update(
    hold: HoldArgument,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PRODUCT:UNITS",
            help="The new quantity of a product, repeatable: gloves:1 adds it, gloves:0 drops it.",
        ),
    ] = None,
    slot: Annotated[
        str,
        typer.Option(metavar="SLOT", help="A pick-up slot, as `slots` prints it; none: no slot."),
    ] = "",
    method: Annotated[Method | None, typer.Option(help="How to pick up.")] = None,
    json: JsonOption = False,
) -> None:
    """Change a hold: its goods, slot or pick-up method, all at once or not at all.

    Goods that are not named stay, and the pick-up code stays valid.
    """
    if not (changes or slot or method):
        raise CommandError("nothing to change: give --set, --slot or --method", USAGE)

    def updated(stub: "Stub") -> stock_pb2.Reservation:
        request = stock_pb2.UpdateReservationRequest(request_id=secrets.token_hex(8))
        wanted, paths = request.reservation, request.update_mask.paths
        wanted.name = hold
        if changes:
            paths.append("items")
            now = stub.GetReservation(stock_pb2.GetReservationRequest(name=hold), timeout=TIMEOUT_S)
            wanted.etag = now.etag  # the lines that stay are those of now
            wanted.items.extend(changed_lines(now, resolved(stub, changes)[0]))
        if slot:
            paths.append("pickup_slot")
            wanted.pickup_slot = "" if slot == NO_SLOT else slot
        if method:
            paths.append("method")
            wanted.method = stock_pb2.PickupMethod.Value(f"PICKUP_METHOD_{method.name}")
        return stub.UpdateReservation(request, timeout=TIMEOUT_S)

    show_result(updated, json)


def extend(
    hold: HoldArgument,
    ttl: Annotated[str, typer.Argument(help="New lifetime, from now on: 90m, 2h, 1d.")],
    json: JsonOption = False,
) -> None:
    """Change the expiry of a hold."""
    request = stock_pb2.ExtendReservationRequest(name=hold)
    request.ttl.FromTimedelta(length(ttl))
    show_result(lambda stub: stub.ExtendReservation(request, timeout=TIMEOUT_S), json)


def prepare(hold: HoldArgument, json: JsonOption = False) -> None:
    """Mark a hold as being gathered by the shop."""
    request = stock_pb2.PrepareReservationRequest(name=hold)
    show_result(lambda stub: stub.PrepareReservation(request, timeout=TIMEOUT_S), json)


def ready(hold: HoldArgument, json: JsonOption = False) -> None:
    """Mark a hold as ready for pick-up."""
    request = stock_pb2.MarkReservationReadyRequest(name=hold)
    show_result(lambda stub: stub.MarkReservationReady(request, timeout=TIMEOUT_S), json)


def collect(
    hold: HoldArgument,
    items: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PRODUCT[:UNITS]]...", help="Only these items. [all]"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Hand over the goods of a hold, all or some."""

    def collected(stub: "Stub") -> stock_pb2.Reservation:
        request = stock_pb2.CollectReservationRequest(
            name=hold, items=resolved(stub, items or [])[0], request_id=secrets.token_hex(8)
        )
        return stub.CollectReservation(request, timeout=TIMEOUT_S)

    show_result(collected, json)


def undo(hold: HoldArgument, json: JsonOption = False) -> None:
    """Take the last hand-over of a hold back, within a minute."""
    request = stock_pb2.UndoCollectReservationRequest(name=hold)
    show_result(lambda stub: stub.UndoCollectReservation(request, timeout=TIMEOUT_S), json)


def missing(
    hold: HoldArgument,
    items: Annotated[list[str], typer.Argument(metavar="PRODUCT[:UNITS]...")],
    json: JsonOption = False,
) -> None:
    """Release goods of a hold that the shop cannot find, and tell the owner."""

    def reported(stub: "Stub") -> stock_pb2.Reservation:
        request = stock_pb2.ReportMissingItemsRequest(
            name=hold, items=resolved(stub, items)[0], request_id=secrets.token_hex(8)
        )
        return stub.ReportMissingItems(request, timeout=TIMEOUT_S)

    show_result(reported, json)


def queue(store: StoreArgument, json: JsonOption = False) -> None:
    """List the holds at a store in the order in which its staff serves them."""
    request = stock_pb2.ListPickupQueueRequest(parent=store_name(store), page_size=1000)
    with services() as channel:
        stub = stock_pb2_grpc.StockServiceStub(channel)
        answer = stub.ListPickupQueue(request, timeout=TIMEOUT_S)
        if json:
            print_json(answer)
            return
        products, stores = ProductNames(channel), Stores(channel)
        table = Table(
            Column("hold", overflow="fold"), "state", "goods", "due", "waits since", "bay", box=None
        )
        for entry in answer.entries:
            hold = entry.reservation
            waits = entry.HasField("waiting_since_time")
            table.add_row(
                hold.name,
                state_of(hold),
                goods(hold, products),
                stores.clock(hold.name, entry.due_time),
                stores.clock(hold.name, entry.waiting_since_time) if waits else "",
                escape(hold.arrival.bay),
            )
    console.print(table if answer.entries else "There are no live holds.")


def transfer(
    hold: HoldArgument,
    store: Annotated[str, typer.Argument(help="The id of the destination store.")],
    slot: SlotOption = "",
    request_id: Annotated[
        str, typer.Option(help="The id of an earlier transfer, to complete it. [random]")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Move a hold to another store."""
    request = stock_pb2.TransferReservationRequest(
        name=hold,
        destination_store=store_name(store),
        request_id=request_id or secrets.token_hex(8),
        pickup_slot=slot,
    )
    show_result(lambda stub: stub.TransferReservation(request, timeout=TIMEOUT_S), json)


def cancel(hold: HoldArgument, json: JsonOption = False) -> None:
    """Cancel a hold, so that the goods are available again."""
    request = stock_pb2.CancelReservationRequest(name=hold)
    show_result(lambda stub: stub.CancelReservation(request, timeout=TIMEOUT_S), json)


def code(hold: HoldArgument) -> None:
    """Show the pick-up code as a QR code, and the short code to say at the counter."""
    with services() as channel:
        answer = stock_pb2_grpc.StockServiceStub(channel).GetPickupCode(
            stock_pb2.GetPickupCodeRequest(name=f"{hold}/pickupCode"), timeout=TIMEOUT_S
        )
    segno.make(answer.text, error="m", micro=False).terminal(compact=True)
    console.print(answer.text, highlight=False, soft_wrap=True)
    if answer.code:
        console.print(f"[bold]{spoken_code(answer.code)}[/]", highlight=False)


def find(
    store: StoreArgument,
    code: Annotated[str, typer.Argument(help="The short code that a shopper says.")],
    json: JsonOption = False,
) -> None:
    """Find the hold of a short pick-up code at a store."""
    request = stock_pb2.FindReservationByCodeRequest(parent=store_name(store), code=code)
    show_result(lambda stub: stub.FindReservationByCode(request, timeout=TIMEOUT_S), json)


def slots(store: StoreArgument, json: JsonOption = False) -> None:
    """List the pick-up slots of a store that can be taken now."""
    request = stock_pb2.ListPickupSlotsRequest(parent=store_name(store), page_size=100)
    with services() as channel:
        answer = stock_pb2_grpc.StockServiceStub(channel).ListPickupSlots(
            request, timeout=TIMEOUT_S
        )
        if json:
            print_json(answer)
            return
        stores = Stores(channel)
        table = Table(Column("slot", overflow="fold"), "from", "to", "free", box=None)
        for slot in answer.pickup_slots:
            times = [stores.clock(slot.name, each) for each in (slot.start_time, slot.end_time)]
            table.add_row(slot.name, *times, f"{slot.free_count} of {slot.capacity}")
    console.print(table if answer.pickup_slots else "The store has no pick-up slots.")


def show_result(
    call: Callable[["Stub"], stock_pb2.Reservation],
    json: bool,
    following: Callable[[stock_pb2.Reservation], list[str]] = lambda _: [],
) -> None:
    """Make a call and print the hold that it returns, and the commands that follow it."""
    with services() as channel:
        hold = call(stock_pb2_grpc.StockServiceStub(channel))
        if json:
            print_json(hold)
        else:
            show(channel, hold)
            for number, command in enumerate(following(hold)):
                head = "     " if number else "next:"
                console.print(f"[dim]{head} {command}[/]", highlight=False, soft_wrap=True)


def show(channel: grpc.Channel, hold: stock_pb2.Reservation) -> None:
    """Print a hold as a table."""
    stores = Stores(channel)
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]hold[/]", hold.name)
    table.add_row("[bold]store[/]", escape(stores.of(hold.name).display_name))
    table.add_row("[bold]state[/]", state_of(hold))
    table.add_row("[bold]goods[/]", goods(hold, ProductNames(channel)))
    if hold.HasField("ready_by"):
        table.add_row("[bold]ready by[/]", stores.clock(hold.name, hold.ready_by))
    if hold.HasField("pickup_by"):
        table.add_row("[bold]pick up by[/]", stores.clock(hold.name, hold.pickup_by))
    table.add_row("[bold]until[/]", stores.clock(hold.name, hold.expire_time))
    if hold.pickup_slot:
        table.add_row("[bold]slot[/]", hold.pickup_slot)
    for notice in hold.notices:
        table.add_row("[bold]notice[/]", f"[yellow]{escape(notice.text)}[/]")
    for label, name in (("came from", hold.transferred_from), ("went to", hold.transferred_to)):
        if name:
            table.add_row(f"[bold]{label}[/]", name)
    console.print(table, highlight=False, soft_wrap=True)


def state_of(hold: stock_pb2.Reservation) -> str:
    """The state of a hold in one word."""
    return stock_pb2.Reservation.State.Name(hold.state).removeprefix("STATE_")


class ProductNames:
    """Display names of products; each product is requested once."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = stock_pb2_grpc.StockServiceStub(channel)
        self._names: dict[str, str] = {}

    def of(self, product: str) -> str:
        """The display name, or the SKU of a product that no longer exists."""
        if product not in self._names:
            request = stock_pb2.GetProductRequest(name=product)
            self._names[product] = display_name(
                product, lambda: self._stub.GetProduct(request, timeout=TIMEOUT_S)
            )
        return self._names[product]


class Stores:
    """Names and time zones of stores; each store is requested once."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = stores_pb2_grpc.StoresServiceStub(channel)
        self._found: dict[str, stores_pb2.Store] = {}

    def of(self, resource: str) -> stores_pb2.Store:
        """The store of a hold or a slot; one that no longer exists has its id as name."""
        name = "/".join(resource.split("/")[:2])
        if name not in self._found:
            self._found[name] = stores_pb2.Store(name=name, display_name=store_id(name))
            with suppress(grpc.RpcError):  # the hold itself is still worth showing
                request = stores_pb2.GetStoreRequest(name=name)
                self._found[name] = self._stub.GetStore(request, timeout=TIMEOUT_S)
        return self._found[name]

    def clock(self, resource: str, moment: Timestamp) -> str:
        """An instant on the clock of the store of a hold or a slot."""
        return local(moment, self.of(resource).time_zone)


def display_name(name: str, get: Callable[[], Any]) -> str:
    """The display name of a resource, or the id in its resource name if the call fails."""
    try:
        return str(get().display_name)
    except grpc.RpcError:  # the hold itself is still worth showing
        return name.partition("/")[2]


def goods(hold: stock_pb2.Reservation, products: ProductNames) -> str:
    """The items of a hold, on one line."""
    parts = []
    for item in hold.items:
        part = f"{item.held_quantity} x {escape(products.of(item.product))}"
        if item.held_quantity < item.requested_quantity:
            part += f" (of {item.requested_quantity})"
        if item.collected_quantity:
            part += f" ({item.collected_quantity} collected)"
        parts.append(part)
    return ", ".join(parts)
