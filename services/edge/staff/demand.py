"""Unmet demand as an outline for each cell, for the map of admins."""

import datetime as dt
from collections import defaultdict
from typing import Any

import h3
from google.type.date_pb2 import Date
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import utc_now
from services.client import Client
from services.edge.staff.sessions import check_own_page, credentials

DAYS = 7
MOST_PAGES = 10
PRODUCTS = 5
"""Products told of each cell: those searched for most."""


async def demand(request: Request) -> Response:
    """The searches of the last week without a result, by cell, as GeoJSON."""
    check_own_page(request)
    client: Client = request.app.state.client
    today = utc_now().date()
    asked = stock_pb2.ListUnmetDemandRequest(
        first_date=date_of(today - dt.timedelta(days=DAYS - 1)),
        last_date=date_of(today),
        page_size=1000,
    )
    found: list[stock_pb2.UnmetDemand] = []
    for _ in range(MOST_PAGES):
        page = await client.stock.ListUnmetDemand(asked, metadata=credentials(request))
        found += page.demands
        asked.page_token = page.next_page_token
        if not page.next_page_token:
            break
    return JSONResponse(features(found), headers={"cache-control": "no-store"})


def features(demands: list[stock_pb2.UnmetDemand]) -> dict[str, Any]:
    """A polygon for each cell, with its searches and the products searched for most."""
    cells: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in demands:
        if each.h3_cell:  # without one: what a day could not keep apart
            cells[each.h3_cell][each.product] += each.search_count
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring(cell)]},
                "properties": {
                    "searches": sum(products.values()),
                    "products": sorted(products, key=lambda name: (-products[name], name))[
                        :PRODUCTS
                    ],
                },
            }
            for cell, products in sorted(cells.items())
        ],
    }


def ring(cell: str) -> list[list[float]]:
    """The outline of a cell, longitude first as GeoJSON has it, closed."""
    corners = [[longitude, latitude] for latitude, longitude in h3.cell_to_boundary(cell)]
    return [*corners, corners[0]]


def date_of(day: dt.date) -> Date:
    """A date of the contracts."""
    return Date(year=day.year, month=day.month, day=day.day)
