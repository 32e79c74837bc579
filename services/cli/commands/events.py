"""`enrayon events` and `enrayon subscription`: live events, subscriptions, their dead letters."""

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.field_mask_pb2 import FieldMask
from rich.markup import escape
from rich.table import Table

from enrayon.events.v1 import events_pb2 as pb
from enrayon.events.v1 import events_pb2_grpc
from services.cli.channel import TIMEOUT_S, services
from services.cli.consoles import console, errors
from services.cli.output import USAGE, CommandError, JsonOption, print_json

COLOURS = {"enter": "green", "ready": "green", "exit": "red", "canceled": "red", "dwell": "yellow"}

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The subscription's id: `shop`.")]
TypeOption = Annotated[
    list[str] | None, typer.Option("--type", help="Only this type: trip.arrived. Repeatable.")
]
StoreOption = Annotated[
    list[str] | None, typer.Option("--store", help="Only at this store: us-1. Repeatable.")
]
BrandOption = Annotated[
    list[str] | None, typer.Option("--brand", help="Only at stores of this brand. Repeatable.")
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", help="Only of fences with this label: key=value. Repeatable."),
]
ReferenceOption = Annotated[
    list[str] | None,
    typer.Option("--reference", help="Only of the person with this reference. Repeatable."),
]
MutedOption = Annotated[bool, typer.Option("--muted", help="Muted events too.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    events = typer.Typer(no_args_is_help=True, help="Watch the events of the suite live.")
    events.command("watch")(watch)
    app.add_typer(events, name="events")
    group = typer.Typer(
        no_args_is_help=True,
        help="Create, list and delete subscriptions to events; replay dead letters.",
    )
    for name, command in (
        ("create", create),
        ("list", list_subscriptions),
        ("enable", enable),
        ("disable", disable),
        ("rotate-secret", rotate_secret),
        ("dead-letters", dead_letters),
        ("replay", replay),
        ("delete", delete),
    ):
        group.command(name)(command)
    app.add_typer(group, name="subscription")


def watch(
    type: TypeOption = None,
    store: StoreOption = None,
    brand: BrandOption = None,
    label: LabelOption = None,
    reference: ReferenceOption = None,
    muted: MutedOption = False,
    json: JsonOption = False,
) -> None:
    """Show events live until Ctrl-C. Other subscribers still get each event."""
    id = f"watch-{secrets.token_hex(6)}"
    name = f"subscriptions/{id}"
    wanted = event_filter(type, store, brand, label, reference, muted=muted)
    with services() as channel:
        stub = events_pb2_grpc.EventsServiceStub(channel)
        stub.CreateSubscription(
            pb.CreateSubscriptionRequest(
                subscription=pb.Subscription(filter=wanted), subscription_id=id
            ),
            timeout=TIMEOUT_S,
        )
        try:
            events = stub.StreamEvents(pb.StreamEventsRequest(subscription=name))
            with ended_by_ctrl_c(events):
                next(events, None)  # the first is empty: from now on no event is missed
                console.print("[dim]watching; Ctrl-C ends[/]")
                for response in events:
                    if not response.HasField("event"):  # it only says that the stream is alive
                        continue
                    print_json(response.event) if json else console.print(in_words(response.event))
                    ack = pb.AckEventsRequest(subscription=name, ack_tokens=[response.ack_token])
                    stub.AckEvents(ack, timeout=TIMEOUT_S)
        finally:
            request = pb.DeleteSubscriptionRequest(name=name, allow_missing=True)
            stub.DeleteSubscription(request, timeout=TIMEOUT_S)


@contextmanager
def ended_by_ctrl_c(call: Any) -> Iterator[None]:
    """Let Ctrl-C cancel a call, and so end its responses and this block.

    A `KeyboardInterrupt` may come up anywhere, and is lost where gRPC cannot raise it.
    """
    before = signal.signal(signal.SIGINT, lambda *_: call.cancel())
    try:
        yield
    except grpc.RpcError:
        if not call.cancelled():
            raise
    finally:
        signal.signal(signal.SIGINT, before)


def create(
    id: IdArgument,
    webhook: Annotated[
        str, typer.Option(help="Endpoint that events are posted to. [read by StreamEvents]")
    ] = "",
    type: TypeOption = None,
    store: StoreOption = None,
    brand: BrandOption = None,
    label: LabelOption = None,
    reference: ReferenceOption = None,
    muted: MutedOption = False,
    json: JsonOption = False,
) -> None:
    """Create a subscription; show the secret of its webhook, only this once."""
    subscription = pb.Subscription(
        filter=event_filter(type, store, brand, label, reference, muted=muted)
    )
    if webhook:
        subscription.webhook.uri = webhook
    request = pb.CreateSubscriptionRequest(subscription=subscription, subscription_id=id)
    with services() as channel:
        made = events_pb2_grpc.EventsServiceStub(channel).CreateSubscription(
            request, timeout=TIMEOUT_S
        )
    for warning in () if json else made.warnings:
        errors.print(f"[yellow]nothing matches:[/] {escape(warning)}")
    show_secret(made, json=json)


def rotate_secret(id: IdArgument, json: JsonOption = False) -> None:
    """Give a webhook a new secret, and show it. For 24 hours the old one signs too."""
    with services() as channel:
        made = events_pb2_grpc.EventsServiceStub(channel).RotateSubscriptionSecret(
            pb.RotateSubscriptionSecretRequest(name=name_of(id)), timeout=TIMEOUT_S
        )
    show_secret(made, json=json)


def list_subscriptions(json: JsonOption = False) -> None:
    """List your subscriptions; an admin sees all."""
    request = pb.ListSubscriptionsRequest(page_size=1000)
    with services() as channel:
        answer = events_pb2_grpc.EventsServiceStub(channel).ListSubscriptions(
            request, timeout=TIMEOUT_S
        )
    if json:
        print_json(answer)
        return
    table = Table("subscription", "owner", "events", "delivery", box=None, pad_edge=False)
    for each in answer.subscriptions:
        delivery = escape(each.webhook.uri or "stream")
        if each.suspension:
            reason = pb.Subscription.Suspension.Name(each.suspension)
            reason = reason.removeprefix("SUSPENSION_").lower().replace("_", " ")
            delivery = f"[yellow]{delivery}, suspended: {reason}[/]"
        elif each.disabled:
            delivery = f"[dim]{delivery}, disabled[/]"
        table.add_row(
            escape(each.name.removeprefix("subscriptions/")),
            escape(each.owner),
            escape(", ".join(each.filter.types)) or "all",
            delivery,
        )
    console.print(table)


def enable(id: IdArgument) -> None:
    """Deliver again what a disabled subscription kept."""
    switch(id, disabled=False)


def disable(id: IdArgument) -> None:
    """Stop deliveries. After a day the events are no longer kept."""
    switch(id, disabled=True)


def switch(id: str, *, disabled: bool) -> None:
    """Set the flag of a subscription."""
    request = pb.UpdateSubscriptionRequest(
        subscription=pb.Subscription(name=name_of(id), disabled=disabled),
        update_mask=FieldMask(paths=["disabled"]),
    )
    with services() as channel:
        events_pb2_grpc.EventsServiceStub(channel).UpdateSubscription(request, timeout=TIMEOUT_S)


def dead_letters(id: IdArgument, json: JsonOption = False) -> None:
    """Show up to 1,000 events that a webhook did not accept."""
    request = pb.ListDeadLettersRequest(parent=name_of(id), page_size=1000)
    with services() as channel:
        answer = events_pb2_grpc.EventsServiceStub(channel).ListDeadLetters(
            request, timeout=TIMEOUT_S
        )
    if json:
        print_json(answer)
        return
    for letter in answer.dead_letters:
        given_up = f"{letter.give_up_time.ToDatetime():%Y-%m-%d %H:%M:%S}"
        console.print(f"{given_up} {in_words(letter.event)} [red]{escape(letter.reason)}[/]")


def replay(id: IdArgument) -> None:
    """Queue the dead letters of a webhook for delivery again."""
    request = pb.ReplayDeadLettersRequest(parent=name_of(id))
    with services() as channel:
        answer = events_pb2_grpc.EventsServiceStub(channel).ReplayDeadLetters(
            request, timeout=TIMEOUT_S
        )
    console.print(f"{answer.replayed_count} events are queued again")


def delete(id: IdArgument) -> None:
    """Delete a subscription with its undelivered events."""
    with services() as channel:
        events_pb2_grpc.EventsServiceStub(channel).DeleteSubscription(
            pb.DeleteSubscriptionRequest(name=name_of(id)), timeout=TIMEOUT_S
        )


def event_filter(
    types: list[str] | None,
    stores: list[str] | None,
    brands: list[str] | None,
    labels: list[str] | None,
    references: list[str] | None,
    *,
    muted: bool,
) -> pb.EventFilter:
    """The filter of the options.

    Raises:
        CommandError: a label is not `key=value`.
    """
    if wrong := [each for each in labels or () if "=" not in each]:
        raise CommandError(f"--label {wrong[0]}: want key=value", USAGE)
    return pb.EventFilter(
        types=types or (),
        stores=[f"stores/{each.removeprefix('stores/')}" for each in stores or ()],
        brands=brands or (),
        labels=dict(each.split("=", 1) for each in labels or ()),
        references=references or (),
        include_muted=muted,
    )


def name_of(id: str) -> str:
    """The name of a subscription, whose id or name is given."""
    return f"subscriptions/{id.removeprefix('subscriptions/')}"


def show_secret(subscription: pb.Subscription, *, json: bool) -> None:
    """Print a subscription whose webhook may have a new secret."""
    if json:
        print_json(subscription)
        return
    console.print(f"[bold]{escape(subscription.name)}[/]")
    if subscription.webhook.secret:
        console.print("secret, shown only now: ", end="")
        typer.echo(subscription.webhook.secret)


def in_words(event: pb.Event) -> str:
    """An event on one line."""
    colour = COLOURS.get(event.type.partition(".")[2], "cyan")
    data = dict(event.data.items())
    places = (str(data.get("fence", "")).removeprefix("fences/"), event.store)
    place = " ".join(part for part in places if part)
    muted = f" [dim]muted: {escape(event.muted)}[/]" if event.muted else ""
    time = f"{event.time.ToDatetime():%H:%M:%S}"
    about = f"[dim]{escape(event.subject)}[/]"
    return f"{time} [{colour}]{event.type}[/] {escape(place)} {about}{muted}"
