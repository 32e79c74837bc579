"""What `enrayon aisle import` does; loaded by it alone, as the readers of plans are many."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer
from rich.markup import escape

from enrayon.aisle.v1 import aisle_pb2 as pb
from enrayon.aisle.v1 import aisle_pb2_grpc
from geodata.floorplans.placements import Placement
from geodata.importers import ImporterError
from geodata.importers.indoor.result import ImportedPlan
from geodata.importers.indoor.tables import ImportedPlacements
from services.cli import plan_files
from services.cli.channel import services
from services.cli.output import FAILED, USAGE, CommandError, console
from services.directory.messages.placements import placement_message
from services.directory.messages.plans import plan_message, problem

UPLOAD_TIMEOUT_S = 600.0
PRODUCTS_AT_ONCE = 1000
SHOWN = 20


def import_plan(
    file: Path, name: str, version: str, levels: Mapping[str, str], *, replace: bool, dry_run: bool
) -> None:
    """Send what is in a file to a store, and say what is wrong with it.

    Raises:
        CommandError: the file cannot be read.
        typer.Exit: there are errors.
    """
    try:
        found = plan_files.read(file, name, levels)
    except (ImporterError, OSError) as error:
        raise CommandError(f"{file.name}: {error}", USAGE) from None
    with services() as channel:
        stub = aisle_pb2_grpc.AisleServiceStub(channel)
        if isinstance(found, ImportedPlan):
            problems = publish(stub, name, found, version, dry_run=dry_run)
        else:
            problems = place(stub, name, found, replace=replace, dry_run=dry_run)
    told = [*map(problem, found.problems), *problems]
    for each in told[:SHOWN]:
        severe = each.severity == pb.PlanProblem.SEVERITY_ERROR
        label = "[red]error[/]" if severe else "[yellow]warning[/]"
        console.print(
            f"{label} {escape(each.path)}: {escape(each.message)}", highlight=False, soft_wrap=True
        )
    if len(told) > SHOWN:
        console.print(f"[dim]and {len(told) - SHOWN} more[/]")
    if any(each.severity == pb.PlanProblem.SEVERITY_ERROR for each in told):
        raise typer.Exit(FAILED)


def publish(
    stub: "aisle_pb2_grpc.AisleServiceStub",
    store: str,
    found: ImportedPlan,
    version: str,
    *,
    dry_run: bool,
) -> Sequence[pb.PlanProblem]:
    """Publish a plan unless it has errors; what is wrong with it."""
    request = pb.PublishFloorPlanRequest(
        parent=store,
        floor_plan=plan_message(found.plan),
        floor_plan_id=version,
        validate_only=True,
    )
    problems = stub.PublishFloorPlan(request, timeout=UPLOAD_TIMEOUT_S).problems
    wrong = [each for each in problems if each.severity == pb.PlanProblem.SEVERITY_ERROR]
    if not wrong and not dry_run:
        request.validate_only = False
        kept = stub.PublishFloorPlan(request, timeout=UPLOAD_TIMEOUT_S).floor_plan
        plan = found.plan
        console.print(
            f"[green]published[/] {kept.name}: {len(plan.levels)} levels, {len(plan.aisles)} "
            f"aisles, {len(plan.fixtures)} fixtures, {len(plan.places)} places, "
            f"{len(plan.links)} links",
            highlight=False,
            soft_wrap=True,
        )
    return problems


def place(
    stub: "aisle_pb2_grpc.AisleServiceStub",
    store: str,
    found: ImportedPlacements,
    *,
    replace: bool,
    dry_run: bool,
) -> Sequence[pb.PlanProblem]:
    """Send placements; what is wrong with them."""
    by_sku: defaultdict[str, list[Placement]] = defaultdict(list)
    for placement in found.placements:
        by_sku[placement.sku].append(placement)
    said = [
        pb.ProductPlacements(
            product=f"products/{sku}", placements=map(placement_message, placements)
        )
        for sku, placements in by_sku.items()
    ]

    def requests() -> Iterator[pb.UpsertPlacementsRequest]:
        for start in range(0, max(len(said), 1), PRODUCTS_AT_ONCE):
            some = said[start : start + PRODUCTS_AT_ONCE]
            yield pb.UpsertPlacementsRequest(
                parent=store, products=some, replace=replace, validate_only=dry_run
            )

    answer = stub.UpsertPlacements(requests(), timeout=UPLOAD_TIMEOUT_S)
    console.print(
        f"[green]{answer.created_count:,}[/] products new, {answer.changed_count:,} changed, "
        f"{answer.unchanged_count:,} as they were, {answer.removed_count:,} removed, "
        f"[red]{answer.rejected_count:,}[/] not taken"
    )
    refused = [
        pb.PlanProblem(
            severity=pb.PlanProblem.SEVERITY_ERROR,
            path=f"{each.product}.{each.field}",
            message=each.description,
        )
        for each in answer.rejected
    ]
    return [*refused, *answer.problems]
