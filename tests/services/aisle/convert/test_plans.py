"""A floor plan is the same after its way through the contract."""

import dataclasses

import pytest

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import FloorPlan
from services.aisle.convert.plans import plan as plan_of
from services.directory.messages.plans import plan_message
from tests.geodata.floorplans.shops import corner_shop, supermarket, two_floors, village_shop


@pytest.mark.parametrize(
    "plan", [corner_shop(), two_floors(), village_shop(), supermarket()[0]], ids=lambda p: p.store
)
def test_a_plan_comes_back_from_the_contract_as_it_was(plan: FloorPlan) -> None:
    message = pb.FloorPlan.FromString(plan_message(plan).SerializeToString())
    message.name = f"{plan.store}/floorPlans/{plan.version}"
    assert dataclasses.replace(plan, blocked=()) == plan_of(message, plan.store)
