"""The tool find_way_in_store: the shortest way through a store to some products."""

import asyncio
from typing import Annotated

import grpc
from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.aisle.v1 import aisle_pb2
from services.client import Client
from services.client.words import distance
from services.edge.agents.arguments import READ_ONLY, Language, StoreName
from services.edge.agents.places import shop_of
from services.edge.agents.products import Items, basket_of
from services.edge.agents.speech import listed, readable, result
from services.edge.agents.views import PLANS, WAY, shown_in


class WayItem(BaseModel):
    """A product to take."""

    product: str
    name: str
    shelf: str = ""
    """In words."""


class WayStop(BaseModel):
    """A place to stand at, with the products to take there."""

    items: list[WayItem]


class AskFor(BaseModel):
    """A product that is not on the way: its shelf is unknown or cannot be reached."""

    product: str
    name: str
    department: str = ""
    """Where to ask; empty when unknown."""


class Way(BaseModel):
    """The shortest way from the entrance to the tills."""

    store: str
    store_name: str
    stops: list[WayStop]
    """In the order of the way."""
    steps: list[str]
    """The way in words."""
    length_m: float | None = None
    """None without a map of the store."""
    unlocated: list[AskFor] = []


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tool."""

    @server.tool(title="Find the way in a store", annotations=READ_ONLY, meta=shown_in(WAY))
    async def find_way_in_store(
        store: StoreName,
        items: Items,
        step_free: Annotated[bool, Field(description="Without stairs and escalators")] = False,
        language: Language = "en",
    ) -> Annotated[CallToolResult, Way]:
        """Find the shortest way through a store to all items, with their shelves in order."""
        with readable():
            basket, names = await basket_of(client, items)
            profile = (
                aisle_pb2.ROUTE_PROFILE_STEP_FREE if step_free else aisle_pb2.ROUTE_PROFILE_WALKING
            )
            walk = aisle_pb2.Walk(
                items=[aisle_pb2.WalkItem(product=line.product) for line in basket],
                profile=profile,
            )
            request = aisle_pb2.PlanRouteRequest(store=store, walk=walk, language_code=language)
            found, plans, shop = await asyncio.gather(
                client.aisle.PlanRoute(request),
                drawings(client, store, walk, language),
                shop_of(client, store),
            )
        way = Way(
            store=store,
            store_name=shop.name,
            stops=[
                WayStop(
                    items=[
                        WayItem(
                            product=each.product,
                            name=each.display_name or names[each.product],
                            shelf=each.shelf.address,
                        )
                        for each in stop.items
                    ]
                )
                for stop in found.stops
            ],
            steps=[step.text for step in found.steps],
            length_m=round(found.length_m, 1) if found.HasField("length_m") else None,
            unlocated=[
                AskFor(
                    product=each.product,
                    name=each.display_name or names[each.product],
                    department=each.department,
                )
                for each in (*found.unlocated, *found.unreachable)
            ],
        )
        told = result(_sentence(way), way)
        return told.model_copy(update={"meta": {PLANS: plans}}) if plans else told


async def drawings(client: Client, store: str, walk: aisle_pb2.Walk, language: str) -> list[str]:
    """The levels of the walk as SVG, in its order; none where there is no map to draw."""
    request = aisle_pb2.RenderFloorPlanRequest(store=store, walk=walk, language_code=language)
    try:
        first = await client.aisle.RenderFloorPlan(request)
        others = [level for level in first.levels if level != first.level]
        more = await asyncio.gather(
            *(
                client.aisle.RenderFloorPlan(
                    aisle_pb2.RenderFloorPlanRequest(
                        store=store, walk=walk, language_code=language, level=level
                    )
                )
                for level in others
            )
        )
    except grpc.aio.AioRpcError:
        return []  # the way in words stands alone
    return [picture.svg for picture in (first, *more)]


def _sentence(way: Way) -> str:
    stops = [
        f"{', '.join(item.name for item in stop.items)}: {stop.items[0].shelf}"
        for stop in way.stops
        if stop.items
    ]
    numbered = " ".join(f"{number}. {text}." for number, text in enumerate(stops, 1))
    length = f" of {distance(way.length_m)}" if way.length_m is not None else ""
    begin = f"The shortest way{length} at {way.store_name}: {numbered}" if stops else ""
    missing = [
        f"{each.name} ({each.department})" if each.department else each.name
        for each in way.unlocated
    ]
    ask = f"Ask the staff for {listed(missing)}." if missing else ""
    return " ".join(part for part in (begin, ask) if part)
