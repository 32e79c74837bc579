"""`enrayon nearest`: the stores nearest to a position, or those that a question asks for."""

from typing import Annotated

import typer

from services.cli.options import BikeOption, DriveOption, LanguageOption, WalkOption, WithinOption
from services.cli.output import USAGE, CommandError, JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    # A negative longitude is an argument, not an option.
    app.command("nearest", context_settings={"ignore_unknown_options": True})(nearest)


def nearest(
    where: Annotated[
        list[str],
        typer.Argument(
            metavar="LAT LNG|QUESTION", help="A position, or words: a shop, a kind, a place."
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 10,
    radius_m: Annotated[
        float | None, typer.Option("--radius-m", help="Within so many metres.")
    ] = None,
    brand: Annotated[
        list[str] | None, typer.Option(help="Only this brand. Repeatable: any of them.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(help="Only with this attribute, such as osm.organic. Repeatable: all."),
    ] = None,
    open_now: Annotated[bool, typer.Option("--open-now", help="Only stores open now.")] = False,
    open_at: Annotated[
        str | None,
        typer.Option("--open-at", help="Only stores open then: 18:30, 2026-12-24T18:30."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Show the opening states of this local time.")
    ] = None,
    walk: WalkOption = False,
    bike: BikeOption = False,
    drive: DriveOption = False,
    minutes: WithinOption = None,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Find the nearest stores: `enrayon nearest pharmacy Hakaniemi`, `nearest 60.17 24.94`."""
    # Imported here, because `--help` needs none of it.
    import orjson
    from google.protobuf.json_format import MessageToDict

    from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
    from services.cli.channel import services
    from services.cli.clock import has_offset, instant, language
    from services.cli.nearest import ask, find, position, show, zone_near
    from services.cli.states import states_of
    from services.cli.travel import travel

    if open_now and open_at:
        raise CommandError("--open-now and --open-at exclude each other", USAGE)
    request = stores_pb2.FindNearestStoresRequest(
        origin=position(where),
        page_size=limit,
        radius_m=radius_m,
        travel=travel(walk=walk, bike=bike, drive=drive, minutes=minutes),
    )
    if brand or attribute:
        request.store_filter.brands.extend(brand or [])
        request.store_filter.attributes.extend(attribute or [])
    with services() as channel:
        stub = stores_pb2_grpc.StoresServiceStub(channel)
        parsed = None if request.HasField("origin") else ask(stub, " ".join(where), request)
        is_now = open_now or (parsed is not None and parsed.open_now and not open_at)
        open_then = "now" if is_now else open_at
        times = [text for text in (at, open_then) if text]
        zone = "" if all(map(has_offset, times)) else zone_near(stub, request)
        if open_then:
            request.store_filter.open_at.FromDatetime(instant(open_then, zone, "--open-at"))
        moment = instant(times[0], zone, "--at" if at else "--open-at") if times else None
        response = find(stub, request)
        if parsed is not None and parsed.HasField("place"):
            response.origin_place.CopyFrom(parsed.place)
        names = [found.store.name for found in response.stores]
        states = states_of(channel, names, moment, language(lang))
    if json:
        answer = MessageToDict(response)
        if moment is not None:  # without a time, scripts get the same answer as by HTTP
            answer["openStates"] = [MessageToDict(states[name]) for name in names if name in states]
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        show(response, states, parsed.rest if parsed else "")
