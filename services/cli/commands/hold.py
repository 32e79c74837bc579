"""`enrayon hold`: make, see, carry out and give up holds."""

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Annotated, Any

import grpc
import segno
import typer
from rich.markup import escape
from rich.table import Column, Table

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.cli.baskets import BasketArgument, resolved
from services.cli.channel import TIMEOUT_S, services
from services.cli.output import USAGE, CommandError, JsonOption, console, print_json

HoldArgument = Annotated[
    str, typer.Argument(metavar="HOLD", help="Its name, as `create` prints it.")
]
StoreArgument = Annotated[str, typer.Argument(help="A store's id.")]
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    hold = typer.Typer(no_args_is_help=True, help="Make, see, carry out and give up holds.")
    for name, command in (
        ("create", create),
        ("get", get),
        ("list", list_holds),
        ("extend", extend),
        ("prepare", prepare),
        ("ready", ready),
        ("collect", collect),
        ("transfer", transfer),
        ("cancel", cancel),
        ("code", code),
    ):
        hold.command(name)(command)
    app.add_typer(hold, name="hold")


def create(
    store: StoreArgument,
    basket: BasketArgument,
    ttl: Annotated[str, typer.Option(help="For how long: 90m, 2h, 1d.")] = "",
    shopper: Annotated[str, typer.Option(help="Whom it is for.")] = "",
    partial: Annotated[bool, typer.Option("--partial", help="Hold what there is.")] = False,
    request_id: Annotated[
        str, typer.Option(help="Makes a retry answer the same hold. [random]")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Hold a basket at a store: `enrayon hold create osm-123 milk:2 bread:1`."""
    with services() as channel:
        stub = stock_pb2_grpc.StockServiceStub(channel)
        items, _ = resolved(stub, basket)
        request = stock_pb2.CreateReservationRequest(
            parent=f"stores/{store.removeprefix('stores/')}",
            items=items,
            shopper=shopper,
            allow_partial=partial,
            request_id=request_id or secrets.token_hex(8),
        )
        if ttl:
            request.ttl.FromTimedelta(length(ttl))
        show(channel, stub.CreateReservation(request, timeout=TIMEOUT_S), json)


def get(hold: HoldArgument, json: JsonOption = False) -> None:
    """Show a hold."""
    with services() as channel:
        stub = stock_pb2_grpc.StockServiceStub(channel)
        request = stock_pb2.GetReservationRequest(name=hold)
        show(channel, stub.GetReservation(request, timeout=TIMEOUT_S), json)


def list_holds(store: StoreArgument, json: JsonOption = False) -> None:
    """Show the live holds at a store, the oldest first."""
    with services() as channel:
        request = stock_pb2.ListReservationsRequest(
            parent=f"stores/{store.removeprefix('stores/')}", page_size=1000
        )
        answer = stock_pb2_grpc.StockServiceStub(channel).ListReservations(
            request, timeout=TIMEOUT_S
        )
        if json:
            print_json(answer)
            return
        products = Products(channel)
        table = Table(Column("hold", overflow="fold"), "state", "goods", "until", box=None)
        for found in answer.reservations:
            table.add_row(found.name, state_of(found), goods(found, products), until(found))
    console.print(table if answer.reservations else "There are no live holds.")


def extend(
    hold: HoldArgument,
    ttl: Annotated[str, typer.Argument(help="For how long from now on: 90m, 2h, 1d.")],
    json: JsonOption = False,
) -> None:
    """Move the end of a hold."""
    with services() as channel:
        request = stock_pb2.ExtendReservationRequest(name=hold)
        request.ttl.FromTimedelta(length(ttl))
        stub = stock_pb2_grpc.StockServiceStub(channel)
        show(channel, stub.ExtendReservation(request, timeout=TIMEOUT_S), json)


def prepare(hold: HoldArgument, json: JsonOption = False) -> None:
    """Say that the shop has begun to gather the goods."""
    with services() as channel:
        request = stock_pb2.PrepareReservationRequest(name=hold)
        stub = stock_pb2_grpc.StockServiceStub(channel)
        show(channel, stub.PrepareReservation(request, timeout=TIMEOUT_S), json)


def ready(hold: HoldArgument, json: JsonOption = False) -> None:
    """Say that the goods can be fetched."""
    with services() as channel:
        request = stock_pb2.MarkReservationReadyRequest(name=hold)
        stub = stock_pb2_grpc.StockServiceStub(channel)
        show(channel, stub.MarkReservationReady(request, timeout=TIMEOUT_S), json)


def collect(
    hold: HoldArgument,
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[PRODUCT[:UNITS]]...", help="A part. [all]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Hand goods over, all of them or some."""
    with services() as channel:
        stub = stock_pb2_grpc.StockServiceStub(channel)
        request = stock_pb2.CollectReservationRequest(
            name=hold, items=resolved(stub, items or [])[0], request_id=secrets.token_hex(8)
        )
        show(channel, stub.CollectReservation(request, timeout=TIMEOUT_S), json)


def transfer(
    hold: HoldArgument,
    store: Annotated[str, typer.Argument(help="The id of the store that is to hold it.")],
    request_id: Annotated[str, typer.Option(help="Of the transfer to complete. [random]")] = "",
    json: JsonOption = False,
) -> None:
    """Move a hold to another store."""
    with services() as channel:
        request = stock_pb2.TransferReservationRequest(
            name=hold,
            destination_store=f"stores/{store.removeprefix('stores/')}",
            request_id=request_id or secrets.token_hex(8),
        )
        stub = stock_pb2_grpc.StockServiceStub(channel)
        show(channel, stub.TransferReservation(request, timeout=TIMEOUT_S), json)


def cancel(hold: HoldArgument, json: JsonOption = False) -> None:
    """Give a hold up."""
    with services() as channel:
        request = stock_pb2.CancelReservationRequest(name=hold)
        stub = stock_pb2_grpc.StockServiceStub(channel)
        show(channel, stub.CancelReservation(request, timeout=TIMEOUT_S), json)


def code(hold: HoldArgument) -> None:
    """Show the pick-up code as a QR code."""
    with services() as channel:
        answer = stock_pb2_grpc.StockServiceStub(channel).GetPickupCode(
            stock_pb2.GetPickupCodeRequest(name=f"{hold}/pickupCode"), timeout=TIMEOUT_S
        )
    segno.make(answer.text, error="m", micro=False).terminal(compact=True)
    console.print(answer.text, highlight=False, soft_wrap=True)


def show(channel: grpc.Channel, found: stock_pb2.Reservation, json: bool) -> None:
    """Print a hold."""
    if json:
        print_json(found)
        return
    store = found.name.partition("/reservations/")[0]
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]hold[/]", found.name)
    table.add_row("[bold]store[/]", escape(store_called(channel, store)))
    table.add_row("[bold]state[/]", state_of(found))
    table.add_row("[bold]goods[/]", goods(found, Products(channel)))
    table.add_row("[bold]until[/]", until(found))
    for label, name in (("came from", found.transferred_from), ("went to", found.transferred_to)):
        if name:
            table.add_row(f"[bold]{label}[/]", name)
    console.print(table, highlight=False, soft_wrap=True)


def state_of(found: stock_pb2.Reservation) -> str:
    """A state in one word."""
    return stock_pb2.Reservation.State.Name(found.state).removeprefix("STATE_")


class Products:
    """What products are called; each is asked for once."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = stock_pb2_grpc.StockServiceStub(channel)
        self._called: dict[str, str] = {}

    def called(self, name: str) -> str:
        """The name for people, or the SKU of a product that is no more."""
        if name not in self._called:
            request = stock_pb2.GetProductRequest(name=name)
            self._called[name] = called(
                name, lambda: self._stub.GetProduct(request, timeout=TIMEOUT_S)
            )
        return self._called[name]


def store_called(channel: grpc.Channel, name: str) -> str:
    """What a store is called, or its id when it is no more."""
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    request = stores_pb2.GetStoreRequest(name=name)
    return called(name, lambda: stub.GetStore(request, timeout=TIMEOUT_S))


def called(name: str, get: Callable[[], Any]) -> str:
    """The display name of what is got, or the id in its name when there is none."""
    try:
        return str(get().display_name)
    except grpc.RpcError:  # the hold is what was asked for
        return name.partition("/")[2]


def goods(found: stock_pb2.Reservation, products: Products) -> str:
    """What is held, in one line."""
    parts = []
    for item in found.items:
        part = f"{item.held_quantity} x {escape(products.called(item.product))}"
        if item.held_quantity < item.requested_quantity:
            part += f" (of {item.requested_quantity})"
        if item.collected_quantity:
            part += f" ({item.collected_quantity} collected)"
        parts.append(part)
    return ", ".join(parts)


def until(found: stock_pb2.Reservation) -> str:
    """When it ends, by the clock of this machine."""
    moment = found.expire_time.ToDatetime(dt.UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M %Z")


def length(text: str) -> dt.timedelta:
    """A length of time such as `90m`.

    Raises:
        CommandError: it is none.
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in UNITS or len(number) > 6:
        raise CommandError(f"{text}: want a length such as 90m, 2h or 1d", USAGE)
    return dt.timedelta(**{UNITS[unit]: int(number)})
