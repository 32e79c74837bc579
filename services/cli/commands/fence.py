"""`enrayon fence`: who is inside now, and the replay of a recorded track."""

import datetime as dt
import secrets
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import grpc
import typer
from rich.table import Table

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from geodata.fences.drawing import Mark, track_map
from geodata.fences.shape import Cap
from geodata.points import Point
from services.cli.channel import TIMEOUT_S, services
from services.cli.consoles import console
from services.cli.output import JsonOption, print_json
from services.cli.tracks import TrackPoint, read_track

FIXES_PER_REQUEST = 500
MAX_FENCES_DRAWN = 100
COLOURS = {"ENTER": "green", "DWELL": "yellow", "EXIT": "red", "CROSS": "magenta"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Replay a track, or see who is inside.")
    group.command("inside")(inside)
    group.command("replay")(replay)
    app.add_typer(group, name="fence")


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
                since = each.inside_since_time.ToJsonString()
                print_json(each) if json else console.print(
                    f"{each.reference or each.subject}  {each.fence}  since {since}"
                )
            if not answer.next_page_token:
                return
            request.page_token = answer.next_page_token


def replay(
    track: Annotated[Path, typer.Argument(metavar="TRACK.gpx|csv", help="The track to replay.")],
    picture: Annotated[
        Path | None, typer.Option("--map", help="File of the map. [TRACK.svg]")
    ] = None,
    accuracy_m: Annotated[
        float, typer.Option("--accuracy-m", min=0, help="The accuracy of each position.")
    ] = 10.0,
    name: Annotated[
        str, typer.Option("--track", help="Name or number of the track, if there are several.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Replay a track as a new device: print its events, draw a map, then erase the device."""
    points = timed(read_track(track, name))
    device = f"replay-{secrets.token_hex(8)}"
    events: list[tuple[Point, pb.FenceEvent]] = []
    not_applied = 0
    with services() as channel:
        stub = geofence_pb2_grpc.GeofenceServiceStub(channel)
        try:
            for start in range(0, len(points), FIXES_PER_REQUEST):
                part = points[start : start + FIXES_PER_REQUEST]
                fixes = [fix(device, each, accuracy_m) for each in part]
                request = pb.ReportPositionsRequest(fixes=fixes, consent=True)
                results = stub.ReportPositions(request, timeout=TIMEOUT_S).results
                for (point, _), result in zip(part, results, strict=True):
                    not_applied += result.outcome != pb.FixResult.OUTCOME_APPLIED
                    events += [(point, event) for event in result.events]
            caps = fences_near(stub, points[len(points) // 2].point)
        finally:
            stub.EraseDevice(pb.EraseDeviceRequest(device_id=device), timeout=TIMEOUT_S)
    if json:
        print_json(pb.FixResult(events=[event for _, event in events]))
    else:
        show(events)
        console.print(f"[dim]{len(points)} positions, {not_applied} not applied[/]")
    target = picture or track.with_suffix(".svg")
    marks = [Mark(point, kind(event), f"{kind(event)} {place(event)}") for point, event in events]
    target.write_text(track_map([each.point for each in points], caps, marks), "utf-8")
    console.print(f"[dim]map: {target}[/]", highlight=False)


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


def fences_near(stub: "geofence_pb2_grpc.GeofenceServiceStub", point: Point) -> list[Cap]:
    """Enclosing circles of the fences nearest to a point, for the map."""
    request = pb.ListNearestFencesRequest(limit=MAX_FENCES_DRAWN)
    request.point.latitude, request.point.longitude = point.latitude, point.longitude
    try:
        fences = stub.ListNearestFences(request, timeout=TIMEOUT_S).fences
    except grpc.RpcError:
        return []
    return [
        Cap(Point(f.circle.center.latitude, f.circle.center.longitude), f.circle.radius_m)
        for f in fences
    ]


def show(events: list[tuple[Point, pb.FenceEvent]]) -> None:
    """Print the events as a table."""
    if not events:
        console.print("No events: the track meets no fence.")
        return
    table = Table("time", "event", "fence", "confidence", box=None, pad_edge=False)
    for _, event in events:
        colour = COLOURS.get(kind(event), "dim")
        table.add_row(
            f"{event.device_time.ToDatetime():%Y-%m-%d %H:%M:%S}",
            f"[{colour}]{kind(event)}[/]",
            place(event),
            pb.Confidence.Name(event.confidence).removeprefix("CONFIDENCE_").lower(),
        )
    console.print(table)


def kind(event: pb.FenceEvent) -> str:
    """The event's type in one word: `ENTER`, `TRIP_ARRIVED` ..."""
    return pb.EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


def place(event: pb.FenceEvent) -> str:
    """The fence and the store of an event, those that it has."""
    parts = (event.fence.removeprefix("fences/"), event.store.removeprefix("stores/"))
    return " ".join(part for part in parts if part)
