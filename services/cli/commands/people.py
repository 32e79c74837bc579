"""`enrayon rule` and `enrayon device`: campaigns, and registered devices of people."""

import sys
from pathlib import Path
from typing import Annotated, TypeVar

import typer
import yaml
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from rich.markup import escape
from rich.table import Table

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2_grpc
from services.cli.channel import TIMEOUT_S, services
from services.cli.consoles import console, errors
from services.cli.output import USAGE, CommandError, JsonOption, print_json

RuleArgument = Annotated[str, typer.Argument(metavar="ID", help="The rule's id: `spring`.")]
DeviceArgument = Annotated[str, typer.Argument(metavar="ID", help="The device's id, as reported.")]
FileArgument = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="JSON or YAML as the API takes it; `-` for stdin."),
]
RULES = "Create, list and delete rules: messages to people near stores."
DEVICES = "Register, show and erase the devices of people with consent."
ALL_FIELDS = FieldMask(paths=["*"])
MessageT = TypeVar("MessageT", bound=Message)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    rules = typer.Typer(
        no_args_is_help=True, help="Create, list and delete rules: messages to people near stores."
    )
    rules.command("set")(set_rule)
    rules.command("list")(list_rules)
    rules.command("delete")(delete_rule)
    app.add_typer(rules, name="rule")
    devices = typer.Typer(
        no_args_is_help=True, help="Register, show and erase the devices of people with consent."
    )
    devices.command("register")(register_device)
    devices.command("show")(show_device)
    devices.command("erase")(erase_device)
    app.add_typer(devices, name="device")


def set_rule(id: RuleArgument, file: FileArgument, json: JsonOption = False) -> None:
    """Create a rule, or replace the one of this id; name what of it matches nothing."""
    rule = content_of(file, pb.Rule())
    rule.name = rule_name(id)
    request = pb.UpdateRuleRequest(rule=rule, update_mask=ALL_FIELDS, allow_missing=True)
    with services() as channel:
        made = geofence_pb2_grpc.GeofenceServiceStub(channel).UpdateRule(request, timeout=TIMEOUT_S)
    if json:
        print_json(made)
        return
    for warning in made.warnings:
        errors.print(f"[yellow]nothing matches:[/] {escape(warning)}")
    console.print(f"[bold]{escape(made.name)}[/]")


def list_rules(json: JsonOption = False) -> None:
    """List all rules."""
    with services() as channel:
        answer = geofence_pb2_grpc.GeofenceServiceStub(channel).ListRules(
            pb.ListRulesRequest(page_size=1000), timeout=TIMEOUT_S
        )
    if json:
        print_json(answer)
        return
    table = Table("rule", "for", "cap", box=None, pad_edge=False)
    for each in answer.rules:
        labels = (f"{key}={value}" for key, value in each.fence_labels.items())
        cap = f"{each.cap.messages} in {each.cap.period.ToTimedelta()}" if each.cap.messages else ""
        name = escape(each.name.removeprefix("rules/"))
        table.add_row(
            f"[dim]{name}, disabled[/]" if each.disabled else name,
            escape(", ".join((*each.fences, *labels, *each.brands, *each.stores))),
            cap,
        )
    console.print(table)


def delete_rule(id: RuleArgument) -> None:
    """Delete a rule. Messages that wait are not sent."""
    with services() as channel:
        geofence_pb2_grpc.GeofenceServiceStub(channel).DeleteRule(
            pb.DeleteRuleRequest(name=rule_name(id)), timeout=TIMEOUT_S
        )


def register_device(id: DeviceArgument, file: FileArgument, json: JsonOption = False) -> None:
    """Register the device of a person who has consented, or replace what is kept of it."""
    request = pb.UpdateDeviceRequest(
        device_id=id,
        consent=True,
        device=content_of(file, pb.Device()),
        update_mask=ALL_FIELDS,
    )
    with services() as channel:
        made = geofence_pb2_grpc.GeofenceServiceStub(channel).UpdateDevice(
            request, timeout=TIMEOUT_S
        )
    show(made, json=json)


def show_device(id: DeviceArgument, json: JsonOption = False) -> None:
    """Show what is kept of a registered device of this caller."""
    with services() as channel:
        found = geofence_pb2_grpc.GeofenceServiceStub(channel).GetDevice(
            pb.GetDeviceRequest(device_id=id), timeout=TIMEOUT_S
        )
    show(found, json=json)


def erase_device(id: DeviceArgument) -> None:
    """Erase all data of a device of this caller."""
    with services() as channel:
        geofence_pb2_grpc.GeofenceServiceStub(channel).EraseDevice(
            pb.EraseDeviceRequest(device_id=id), timeout=TIMEOUT_S
        )
    console.print("erased")


def show(device: pb.Device, *, json: bool) -> None:
    """Print a registered device."""
    if json:
        print_json(device)
        return
    labels = ", ".join(f"{key}={value}" for key, value in sorted(device.labels.items()))
    viewed = ", ".join(each.product for each in device.viewed_products)
    for name, value in (
        ("subject", device.name),
        ("reference", device.reference),
        ("labels", labels),
        ("looked at", viewed),
        ("kept until", device.expire_time.ToJsonString()),
    ):
        if value:
            console.print(f"[dim]{name}[/] {escape(value)}", highlight=False)


def content_of(file: Path, message: MessageT) -> MessageT:
    """The message of a file in JSON or YAML.

    Raises:
        CommandError: the file cannot be read, or is no such message.
    """
    try:
        content = yaml.safe_load(sys.stdin.read() if str(file) == "-" else file.read_text("utf-8"))
        if not isinstance(content, dict):
            raise CommandError(f"{file}: is not an object in JSON or YAML", USAGE)
        return ParseDict(content, message)
    except (OSError, UnicodeDecodeError, ParseError, TypeError, yaml.YAMLError) as error:
        raise CommandError(f"{file}: {error}", USAGE) from None


def rule_name(id: str) -> str:
    """The name of a rule, whose id or name is given."""
    return f"rules/{id.removeprefix('rules/')}"
