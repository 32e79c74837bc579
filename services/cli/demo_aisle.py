"""Loads the demo's floor plan: a real supermarket's outline with made-up shelves and products."""

from collections import defaultdict

import grpc

from enrayon.aisle.v1 import aisle_pb2, aisle_pb2_grpc
from geodata.floorplans.synthetic.assortment import Product
from geodata.floorplans.synthetic.groceries import groceries
from geodata.samples import SUPERMARKET
from geodata.samples.catalogue import catalogue
from geodata.samples.supermarket import helsinki_supermarket
from services.directory.messages.placements import placement_message
from services.directory.messages.plans import plan_message

STORE = f"stores/{SUPERMARKET}"
VERSION = "demo"
TIMEOUT_S = 60.0


def load(channel: grpc.Channel) -> None:
    """Publish the plan and the placements, unless the store already has a plan or is missing."""
    stub = aisle_pb2_grpc.AisleServiceStub(channel)
    try:
        plans = stub.ListFloorPlans(
            aisle_pb2.ListFloorPlansRequest(parent=STORE), timeout=TIMEOUT_S
        ).floor_plans
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return
    if plans:
        return
    departments = {product.department for product in groceries()}
    articles = [article for article in catalogue() if article.department in departments]
    products = [Product(each.sku, each.name, each.department) for each in articles]
    plan, placements = helsinki_supermarket(STORE, products)
    by_sku: defaultdict[str, list[aisle_pb2.Placement]] = defaultdict(list)
    for placement in placements:
        by_sku[placement.sku].append(placement_message(placement))
    request = aisle_pb2.UpsertPlacementsRequest(
        parent=STORE,
        products=[
            aisle_pb2.ProductPlacements(product=f"products/{sku}", placements=messages)
            for sku, messages in by_sku.items()
        ],
    )
    stub.UpsertPlacements(iter([request]), timeout=TIMEOUT_S)
    # Last: a store that has a plan has all of it.
    stub.PublishFloorPlan(
        aisle_pb2.PublishFloorPlanRequest(
            parent=STORE, floor_plan=plan_message(plan), floor_plan_id=VERSION
        ),
        timeout=TIMEOUT_S,
    )
