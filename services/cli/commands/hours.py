"""`enrayon hours`: the opening state, counters and week of a store."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from typing import Annotated

import grpc
import orjson
import typer
from google.protobuf.json_format import MessageToDict
from rich.table import Table
from rich.text import Text

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.messages.times import timestamp
from services.cli.channel import TIMEOUT_S, services
from services.cli.clock import instant, language
from services.cli.consoles import console
from services.cli.options import LanguageOption
from services.cli.output import USAGE, CommandError, JsonOption
from services.cli.states import in_words
from services.cli.stores import store_id, store_name
from services.cli.week import chart

MAX_SUGGESTIONS = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("hours")(hours)


def hours(
    store: Annotated[str, typer.Argument(help="A store's id, or words of its name.")],
    at: Annotated[
        str | None,
        typer.Option("--at", help="At this local time of the store: 18:30, 2026-12-24T18:30."),
    ] = None,
    week: Annotated[bool, typer.Option("--week", help="Draw the next seven days.")] = False,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether a store is open: `enrayon hours osm-123 --week` draws its week."""
    words_in = language(lang)
    with services() as channel:
        found = find(channel, store)
        stub = hours_pb2_grpc.HoursServiceStub(channel)
        moment = instant(at, found.time_zone, "--at") if at else None
        name = f"{found.name}/hours"
        state = stub.CheckOpenState(
            hours_pb2.CheckOpenStateRequest(
                name=name, at_time=timestamp(moment), language_code=words_in
            ),
            timeout=TIMEOUT_S,
        )
        inside = stub.ListInStoreServices(
            hours_pb2.ListInStoreServicesRequest(
                parent=found.name, at_time=timestamp(moment), language_code=words_in
            ),
            timeout=TIMEOUT_S,
        )
        days = None
        if week:
            days = stub.ListOpenIntervals(
                hours_pb2.ListOpenIntervalsRequest(
                    name=name, start_date=local_date(state.open_state), language_code=words_in
                ),
                timeout=TIMEOUT_S,
            )
    if json:
        parts = {"state": state, "services": inside, "week": days}
        answer = {key: MessageToDict(part) for key, part in parts.items() if part is not None}
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        show(found, state.open_state, inside.in_store_services)
        if days is not None:
            console.print()
            console.print(chart(days.days, local_clock(state.open_state), words_in, console.width))


def find(channel: grpc.Channel, store: str) -> stores_pb2.Store:
    """Finds a store by its id, or by words of its name.

    Raises:
        CommandError: no store matches, or several do.
    """
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    try:
        return stub.GetStore(stores_pb2.GetStoreRequest(name=store_name(store)), timeout=TIMEOUT_S)
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            raise
    answer = stub.SearchStores(
        stores_pb2.SearchStoresRequest(query=store[:200], page_size=MAX_SUGGESTIONS),
        timeout=TIMEOUT_S,
    )
    named = [m.store for m in answer.matches if m.store.display_name.casefold() == store.casefold()]
    if len(named) == 1 or len(answer.matches) == 1:
        return named[0] if named else answer.matches[0].store
    names = [f"{store_id(m.store.name)} ({m.store.display_name})" for m in answer.matches]
    if not names:
        raise CommandError(f"no store matches {store!r}; `enrayon nearest` lists some", USAGE)
    rest = answer.total_size - MAX_SUGGESTIONS
    more = f" and {rest} more" if rest > 0 else ""
    raise CommandError(f"several stores match {store!r}: {', '.join(names)}{more}", USAGE)


def show(
    store: stores_pb2.Store,
    state: hours_pb2.OpenState,
    inside: Sequence[hours_pb2.InStoreService],
) -> None:
    """Print the state of a store and of its in-store services."""
    console.print(Text(store.display_name, style="bold"), in_words(state), sep="  ")
    clock = local_clock(state)
    console.print(f"[dim]{clock:%Y-%m-%d %H:%M} in {state.time_zone or 'an unknown time zone'}[/]")
    if state.comment:
        console.print(Text(state.comment, style="italic"))
    table = Table(box=None, pad_edge=False, show_header=False)
    for service in inside:
        name = service.display_name or service.name.rpartition("/")[2]
        table.add_row(f"  {name}", in_words(service.open_state))
    if inside:
        console.print(table)


def local_clock(state: hours_pb2.OpenState) -> dt.datetime:
    """The instant of a state in the time zone of its store."""
    zone = zoneinfo.ZoneInfo(state.time_zone or "UTC")
    return state.at_time.ToDatetime(dt.UTC).astimezone(zone)


def local_date(state: hours_pb2.OpenState) -> dict[str, int]:
    """The local date of a state."""
    date = local_clock(state).date()
    return {"year": date.year, "month": date.month, "day": date.day}
