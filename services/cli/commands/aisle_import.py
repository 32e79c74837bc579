"""Imports floor plans and placements; `enrayon aisle import` alone loads its many readers."""

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
from services.cli.blocks import blocks, too_large
from services.cli.channel import services
from services.cli.consoles import console
from services.cli.output import FAILED, USAGE, CommandError
from services.directory.messages.placements import placement_message
from services.directory.messages.plans import plan_message, problem_message

UPLOAD_TIMEOUT_S = 600.0
MAX_SHOWN = 20


def import_plan(
    file: Path,
    name: str,
    version: str,
    levels: Mapping[str, str],
    columns: Mapping[str, str],
    *,
    replace: bool,
    dry_run: bool,
) -> None:
    """Send the plan or the placements of a file to a store, and print their problems.

    Raises:
        CommandError: the file cannot be read.
        typer.Exit: a problem is an error.
    """
    try:
        found = plan_files.read(file, name, levels, columns)
    except (ImporterError, OSError) as error:
        raise CommandError(f"{file.name}: {error}", USAGE) from None
    with services() as channel:
        stub = aisle_pb2_grpc.AisleServiceStub(channel)
        if isinstance(found, ImportedPlan):
            problems = publish(stub, name, found, version, dry_run=dry_run)
        else:
            problems = place(stub, name, found, replace=replace, dry_run=dry_run)
    found_problems = [*map(problem_message, found.problems), *problems]
    for each in found_problems[:MAX_SHOWN]:
        severe = each.severity == pb.PlanProblem.SEVERITY_ERROR
        label = "[red]error[/]" if severe else "[yellow]warning[/]"
        console.print(
            f"{label} {escape(each.path)}: {escape(each.message)}", highlight=False, soft_wrap=True
        )
    if len(found_problems) > MAX_SHOWN:
        console.print(f"[dim]and {len(found_problems) - MAX_SHOWN} more[/]")
    if any(each.severity == pb.PlanProblem.SEVERITY_ERROR for each in found_problems):
        raise typer.Exit(FAILED)


def publish(
    stub: "aisle_pb2_grpc.AisleServiceStub",
    store: str,
    found: ImportedPlan,
    version: str,
    *,
    dry_run: bool,
) -> Sequence[pb.PlanProblem]:
    """Publish a plan unless it has errors.

    Returns:
        The problems of the plan.
    """
    request = pb.PublishFloorPlanRequest(
        parent=store,
        floor_plan=plan_message(found.plan),
        floor_plan_id=version,
        validate_only=True,
    )
    if reason := too_large(request):
        raise CommandError(f"the plan of {store}: {reason} for a plan; import fewer floors", USAGE)
    problems = stub.PublishFloorPlan(request, timeout=UPLOAD_TIMEOUT_S).problems
    has_errors = any(each.severity == pb.PlanProblem.SEVERITY_ERROR for each in problems)
    if not has_errors and not dry_run:
        request.validate_only = False
        published = stub.PublishFloorPlan(request, timeout=UPLOAD_TIMEOUT_S).floor_plan
        plan = found.plan
        console.print(
            f"[green]published[/] {published.name}: {len(plan.levels)} levels, {len(plan.aisles)} "
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
    """Send placements.

    Returns:
        The problems of the placements.
    """
    by_sku: defaultdict[str, list[Placement]] = defaultdict(list)
    for placement in found.placements:
        by_sku[placement.sku].append(placement)
    every = [
        pb.ProductPlacements(
            product=f"products/{sku}", placements=map(placement_message, placements)
        )
        for sku, placements in by_sku.items()
    ]
    refused = [
        pb.PlanProblem(
            severity=pb.PlanProblem.SEVERITY_ERROR,
            path=each.product[:100],
            message=f"{reason} for a product's placements",
        )
        for each in every
        if (reason := too_large(each))
    ]
    if refused and replace:
        return refused
    products = [each for each in every if not too_large(each)]

    def requests() -> Iterator[pb.UpsertPlacementsRequest]:
        for part in [*blocks(products)] or [[]]:
            yield pb.UpsertPlacementsRequest(
                parent=store, products=part, replace=replace, validate_only=dry_run
            )

    answer = stub.UpsertPlacements(requests(), timeout=UPLOAD_TIMEOUT_S)
    console.print(
        f"[green]{answer.created_count:,}[/] products created, {answer.changed_count:,} changed, "
        f"{answer.unchanged_count:,} unchanged, {answer.removed_count:,} removed, "
        f"[red]{answer.rejected_count:,}[/] rejected"
    )
    rejected = [
        pb.PlanProblem(
            severity=pb.PlanProblem.SEVERITY_ERROR,
            path=f"{each.product}.{each.field}",
            message=each.description,
        )
        for each in answer.rejected
    ]
    return [*refused, *rejected, *answer.problems]
