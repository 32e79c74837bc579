"""`enrayon fence`: creates fences, tells who is inside now, and replays a recorded track."""

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import grpc
import typer
from google.type import latlng_pb2
from rich.markup import escape
from rich.table import Table
from tzfpy import get_tz

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.fences.drawing import DrawnFence, Mark, track_map
from geodata.fences.shape import Cap
from geodata.points import Point
from geodata.samples.streets import ATTRIBUTION, Box, draw_streets
from services.cli.channel import TIMEOUT_S, in_users_words, services
from services.cli.clock import length, local
from services.cli.consoles import console
from services.cli.nearest import origin
from services.cli.output import USAGE, CommandError, JsonOption, print_json
from services.cli.stores import store_name
from services.cli.tracks import TrackPoint, read_track

FIXES_PER_REQUEST = 500
MAX_FENCES_DRAWN = 100
COLOURS = {"ENTER": "green", "DWELL": "yellow", "EXIT": "red", "CROSS": "magenta"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Create fences, replay tracks, see who is inside."
    )
    group.command("create", context_settings={"ignore_unknown_options": True})(create)
    group.command("inside")(inside)
    group.command("replay")(replay)
    app.add_typer(group, name="fence")


def create(
    fence: Annotated[
        str, typer.Argument(metavar="FENCE", help="The new fence's id: rautatientori.")
    ],
    where: Annotated[
        list[str] | None,
        typer.Argument(metavar="LAT LNG|PLACE", help="The middle of a circle."),
    ] = None,
    radius_m: Annotated[
        float, typer.Option("--radius-m", help="Metres around the middle or the stores.")
    ] = 200.0,
    store: Annotated[
        list[str] | None, typer.Option(help="A circle around this store. Repeatable.")
    ] = None,
    brand: Annotated[
        list[str] | None, typer.Option(help="A circle around each store of it. Repeatable.")
    ] = None,
    geojson: Annotated[
        Path | None, typer.Option("--geojson", help="The shape: a geometry as GeoJSON.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Its name for people.")] = "",
    dwell: Annotated[str, typer.Option(help="Tell also who stays for this long: 10m, 1h.")] = "",
    json: JsonOption = False,
) -> None:
    """Create a fence: `enrayon fence create square Rautatientori --radius-m 150`."""
    shapes = [bool(where), bool(store or brand), bool(geojson)]
    if sum(shapes) != 1:
        raise CommandError("give a middle, stores or brands, or --geojson: one of them", USAGE)
    made = pb.Fence(display_name=name)
    if dwell:
        made.dwell_time.FromTimedelta(length(dwell))
    with services() as channel:
        if where:
            middle = position(channel, where)
            made.circle.radius_m = radius_m
            made.circle.center.CopyFrom(middle)
        elif geojson:
            made.geo_json.geometry = text_of(geojson)
        else:
            made.around_stores.radius_m = radius_m
            made.around_stores.stores.extend(map(store_name, store or ()))
            made.around_stores.brands.extend(brand or ())
        answer = geofence_pb2_grpc.GeofenceServiceStub(channel).CreateFence(
            pb.CreateFenceRequest(
                fence=made, fence_id=fence.removeprefix("fences/"), request_id=secrets.token_hex(8)
            ),
            timeout=TIMEOUT_S,
        )
    if json:
        print_json(answer)
        return
    console.print(answer.name, highlight=False)
    for warning in answer.warnings:
        console.print(f"[yellow]{escape(warning)}[/]", highlight=False)
    console.print(f"[dim]next: enrayon fence inside {answer.name}[/]", highlight=False)


def position(channel: grpc.Channel, where: list[str]) -> latlng_pb2.LatLng:
    """The position that was given, or that of a place."""
    given = origin(where)
    if given.HasField("point"):
        return given.point
    answer = stores_pb2_grpc.StoresServiceStub(channel).FindNearestStores(
        stores_pb2.FindNearestStoresRequest(origin=given, page_size=1), timeout=TIMEOUT_S
    )
    return answer.origin_place.location


def text_of(file: Path) -> str:
    """The text of a file.

    Raises:
        CommandError: it cannot be read.
    """
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {error}", USAGE) from None


def inside(
    parent: Annotated[
        str, typer.Argument(metavar="fences/FENCE|stores/STORE", help="The fence, or the store.")
    ],
    count: Annotated[bool, typer.Option("--count", help="Show the number alone.")] = False,
    json: JsonOption = False,
) -> None:
    """Show the registered devices that are inside now."""
    request = pb.ListPresenceRequest(parent=parent, count_only=count, page_size=1000)
    with services() as channel:
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        while True:
            answer = stub.ListPresence(request, timeout=TIMEOUT_S)
            if count:
                print_json(answer) if json else console.print(answer.count)
                return
            for each in answer.presence:
                since = local(each.inside_since_time)
                print_json(each) if json else console.print(
                    f"{each.reference or each.subject}  {each.fence}  since {since}"
                )
            if not answer.next_page_token:
                return
            request.page_token = answer.next_page_token


def replay(
    track: Annotated[Path, typer.Argument(metavar="TRACK.gpx|csv", help="The track to replay.")],
    picture: Annotated[
        Path | None, typer.Option("--map", help="Draw a map into this file: .svg.")
    ] = None,
    accuracy_m: Annotated[
        float, typer.Option("--accuracy-m", min=0, help="The accuracy of each position.")
    ] = 10.0,
    name: Annotated[
        str, typer.Option("--track", help="Name or number of the track, if there are several.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Replay a track as a new device: print its events, and erase the device in the end."""
    points = timed(read_track(track, name))
    device = f"replay-{secrets.token_hex(8)}"
    events: list[tuple[Point, pb.FenceEvent]] = []
    outcomes: Counter[str] = Counter()
    with services() as channel:
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        try:
            for start in range(0, len(points), FIXES_PER_REQUEST):
                part = points[start : start + FIXES_PER_REQUEST]
                fixes = [fix(device, each, accuracy_m) for each in part]
                request = pb.ReportPositionsRequest(fixes=fixes, consent=True)
                results = stub.ReportPositions(request, timeout=TIMEOUT_S).results
                for (point, _), result in zip(part, results, strict=True):
                    outcomes[outcome_of(result)] += 1
                    events += [(point, event) for event in result.events]
            near = fences_near(stub, points[len(points) // 2].point)
            names = fence_names(
                stub, [*(event.fence for _, event in events), *(each.fence for each in near)]
            )
        finally:
            stub.EraseDevice(pb.EraseDeviceRequest(device_id=device), timeout=TIMEOUT_S)
    if json:
        print_json(pb.FixResult(events=[event for _, event in events]))
    else:
        show(events, names, get_tz(points[0].point.longitude, points[0].point.latitude))
        tell_outcomes(len(points), outcomes)
    if picture:
        marks = [
            Mark(point, kind(event), f"{kind(event)} {place(event, names)}")
            for point, event in events
        ]
        drawn = track_map(
            [each.point for each in points],
            [drawn_fence(each, names) for each in near],
            marks,
            title=f"{track.stem}: {len(points)} positions, {len(events)} events",
            ground=ground,
            attribution=ATTRIBUTION,
        )
        picture.write_text(drawn, "utf-8")
        console.print(f"[dim]map: {picture}[/]", highlight=False)


OUTCOMES = {
    pb.FixResult.OUTCOME_IMPLAUSIBLE: "too fast for a fence, whose state they did not change",
    pb.FixResult.OUTCOME_LATE: "older than a position before them",
    pb.FixResult.OUTCOME_DUPLICATE: "the same as the position before them",
    pb.FixResult.OUTCOME_AHEAD: "in the future",
}
APPLIED = ""


def outcome_of(result: pb.FixResult) -> str:
    """The reason why a position did not count; empty if it did."""
    if result.outcome == pb.FixResult.OUTCOME_APPLIED:
        return APPLIED
    return OUTCOMES.get(result.outcome) or in_users_words(result.error)


def tell_outcomes(total: int, outcomes: "Counter[str]") -> None:
    """Print how many positions counted, and why others did not."""
    console.print(f"[dim]{total} positions, {outcomes[APPLIED]} counted[/]", highlight=False)
    for reason, count in outcomes.most_common():
        if reason != APPLIED:
            console.print(f"[yellow]{count} not counted: {escape(reason)}[/]", highlight=False)


def ground(
    south_west: Point,
    north_east: Point,
    at: Callable[[Point], tuple[float, float]],
    pixels_per_metre: float,
) -> Iterator[str]:
    """The streets of the sample on a map."""
    box = Box(south_west.latitude, south_west.longitude, north_east.latitude, north_east.longitude)
    return draw_streets(box, at, pixels_per_metre)


def timed(track: list[TrackPoint]) -> list[TrackPoint]:
    """The track with its times if they are complete and in order, else one second apart to now."""
    times = [each.time for each in track]
    known = [time for time in times if time is not None and time.year >= 1970]
    if len(known) == len(track) and all(a <= b for a, b in pairwise(known)):
        return track
    start = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=len(track))
    return [TrackPoint(each.point, start + dt.timedelta(seconds=n)) for n, each in enumerate(track)]


def fix(device: str, at: TrackPoint, accuracy_m: float) -> pb.Fix:
    """The fix message of a position of the track."""
    message = pb.Fix(device_id=device, accuracy_m=accuracy_m)
    message.location.latitude, message.location.longitude = at.point.latitude, at.point.longitude
    if at.time is not None:
        message.device_time.FromDatetime(at.time)
    return message


def fences_near(
    stub: "geofence_pb2_grpc.GeofenceServiceStub", point: Point
) -> list[pb.NearestFence]:
    """The fences nearest to a point, for the map."""
    request = pb.ListNearestFencesRequest(limit=MAX_FENCES_DRAWN)
    request.point.latitude, request.point.longitude = point.latitude, point.longitude
    try:
        return [*stub.ListNearestFences(request, timeout=TIMEOUT_S).fences]
    except grpc.RpcError:
        return []


def fence_names(
    stub: "geofence_pb2_grpc.GeofenceServiceStub", fences: Iterable[str]
) -> dict[str, str]:
    """The names of fences for people; of one without such a name, its id."""
    names = {}
    for fence in dict.fromkeys(filter(None, fences)):
        names[fence] = fence.removeprefix("fences/")
        with suppress(grpc.RpcError):  # its id is a name too
            found = stub.GetFence(pb.GetFenceRequest(name=fence), timeout=TIMEOUT_S)
            names[fence] = found.display_name or names[fence]
    return names


def drawn_fence(fence: pb.NearestFence, names: Mapping[str, str]) -> DrawnFence:
    """A fence for the map."""
    center = Point(fence.circle.center.latitude, fence.circle.center.longitude)
    store = fence.store.removeprefix("stores/")
    name = " ".join(filter(None, (names.get(fence.fence, ""), store)))
    return DrawnFence(Cap(center, fence.circle.radius_m), name)


def show(
    events: list[tuple[Point, pb.FenceEvent]], names: Mapping[str, str], time_zone: str
) -> None:
    """Print the events as a table, with times on the clock of a zone."""
    if not events:
        console.print("No events: the track meets no fence.")
        return
    table = Table("time", "event", "fence", "confidence", box=None, pad_edge=False)
    for _, event in events:
        colour = COLOURS.get(kind(event), "dim")
        table.add_row(
            local(event.device_time, time_zone, seconds=True),
            f"[{colour}]{kind(event)}[/]",
            escape(place(event, names)),
            pb.Confidence.Name(event.confidence).removeprefix("CONFIDENCE_").lower(),
        )
    console.print(table)


def kind(event: pb.FenceEvent) -> str:
    """The event's type in one word: `ENTER`, `TRIP_ARRIVED` ..."""
    return pb.EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


def place(event: pb.FenceEvent, names: Mapping[str, str]) -> str:
    """The fence and the store of an event, those that it has."""
    parts = (names.get(event.fence, ""), event.store.removeprefix("stores/"))
    return " ".join(part for part in parts if part)
