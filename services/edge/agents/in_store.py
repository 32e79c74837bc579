"""The tool find_in_store: the shelves of a product in a store."""

from typing import Annotated

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.aisle.v1 import aisle_pb2
from services.client import Client
from services.edge.agents.arguments import READ_ONLY, Language, Limit, StoreName
from services.edge.agents.speech import readable, result


class ShelfPlace(BaseModel):
    """A product and its shelves."""

    product: str
    name: str
    department: str = ""
    shelves: list[str] = []
    """In words, the most certain first; empty when no shelf is known."""


class ShelfPlaces(BaseModel):
    """The products found in a store."""

    store: str
    products: list[ShelfPlace]


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tool."""

    @server.tool(title="Find in a store", annotations=READ_ONLY)
    async def find_in_store(
        store: StoreName,
        product: Annotated[
            str, Field(min_length=1, max_length=200, description="`products/{sku}`, or words")
        ],
        language: Language = "en",
        limit: Limit = 5,
    ) -> Annotated[CallToolResult, ShelfPlaces]:
        """Find the shelf of a product in a store, or the department to ask in."""
        request = aisle_pb2.LocateProductsRequest(store=store, language_code=language, limit=limit)
        if product.startswith("products/"):
            request.products.append(product)
        else:
            request.query = product
        with readable():
            answer = await client.aisle.LocateProducts(request)
        places = [
            ShelfPlace(
                product=each.product,
                name=each.display_name or each.product,
                department=each.department,
                shelves=[shelf.address for shelf in each.shelves],
            )
            for each in answer.located
        ]
        places += [
            ShelfPlace(
                product=each.product,
                name=each.display_name or each.product,
                department=each.department,
            )
            for each in answer.unlocated
        ]
        return result(_sentence(places), ShelfPlaces(store=store, products=places))


def _sentence(places: list[ShelfPlace]) -> str:
    if not places:
        return "This store has no such product."
    return " ".join(_sentence_of(place) for place in places)


def _sentence_of(place: ShelfPlace) -> str:
    if place.shelves:
        return f"{place.name}: {place.shelves[0]}."
    if place.department:
        return f"{place.name}: the shelf is unknown; ask in {place.department}."
    return f"{place.name}: the shelf is unknown."
