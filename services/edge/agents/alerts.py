"""The tools of alerts: create_alert, list_alerts, delete_alert.

An alert has no shopper, so its name, which nobody guesses, is what a chat knows it by.
"""

from typing import Annotated

import grpc
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.edge.agents.arguments import (
    READ_ONLY,
    Latitude,
    Longitude,
    Place,
    StoreName,
    origin,
)
from services.edge.agents.holds import CHANGES, CREATES
from services.edge.agents.places import shop_of
from services.edge.agents.products import WantedItem, basket_of, names_of
from services.edge.agents.speech import listed, readable, result

AlertName = Annotated[
    str,
    Field(pattern="^stockAlerts/[A-Za-z0-9_-]+$", max_length=100, description="An alert's name"),
]


class Alert(BaseModel):
    """An alert: it fires once, when one of its products is there again."""

    alert: str
    """Keep it: list_alerts and delete_alert need it."""
    products: list[str]
    names: list[str]
    """The products as people know them."""
    min_quantity: int
    fired: bool
    store: str = ""
    """The store where it is back; empty before."""
    store_name: str = ""
    expires: str


class Alerts(BaseModel):
    """The alerts that were asked for and exist."""

    alerts: list[Alert]
    gone: list[str] = []
    """Names of no alert: deleted, or expired."""


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tools."""

    @server.tool(title="Tell when it is back", annotations=CREATES)
    async def create_alert(
        item: WantedItem,
        store: StoreName = "",
        place: Place = "",
        latitude: Latitude = None,
        longitude: Longitude = None,
        radius_km: Annotated[float, Field(ge=0, le=50)] = 16,
    ) -> Annotated[CallToolResult, Alert]:
        """Watch for a product that is missing now: at a store, or at any store around a place."""
        around = place or latitude is not None or longitude is not None
        if bool(store) == bool(around):
            raise ToolError("Give either `store`, or `place`, or `latitude` and `longitude`.")
        with readable():
            [wanted], names = await basket_of(client, [item])
            alert = stock_pb2.StockAlert(products=[wanted.product], min_quantity=wanted.quantity)
            if store:
                alert.store = store
            else:
                alert.area.origin.CopyFrom(origin(place, latitude, longitude))
                alert.area.radius_m = radius_km * 1000
            made = await client.stock.CreateStockAlert(
                stock_pb2.CreateStockAlertRequest(stock_alert=alert)
            )
        return result(
            f"The alert watches for {names[wanted.product]} at {made.store_count} stores. Ask "
            "list_alerts with its name whether it has fired.",
            await _alert(client, made),
        )

    @server.tool(title="Look at alerts", annotations=READ_ONLY)
    async def list_alerts(
        alerts: Annotated[list[AlertName], Field(min_length=1, max_length=20)],
    ) -> Annotated[CallToolResult, Alerts]:
        """Say which of the alerts of this chat have fired: their product is there again."""
        found = Alerts(alerts=[])
        with readable():
            for name in alerts:
                try:
                    one = await client.stock.GetStockAlert(
                        stock_pb2.GetStockAlertRequest(name=name)
                    )
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.NOT_FOUND:
                        raise
                    found.gone.append(name)
                else:
                    found.alerts.append(await _alert(client, one))
        back = [f"{listed(each.names)} at {each.store_name}" for each in found.alerts if each.fired]
        return result(f"Back in stock: {listed(back)}." if back else "None has fired.", found)

    @server.tool(title="Delete an alert", annotations=CHANGES)
    async def delete_alert(alert: AlertName) -> Annotated[CallToolResult, Alerts]:
        """Delete an alert."""
        with readable():
            await client.stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=alert))
        return result("The alert is deleted.", Alerts(alerts=[], gone=[alert]))


async def _alert(client: Client, alert: stock_pb2.StockAlert) -> Alert:
    store = alert.finding.store
    back = [item.product for item in alert.finding.items]
    names = await names_of(client, back or alert.products)
    return Alert(
        alert=alert.name,
        products=list(alert.products),
        names=list(names.values()),
        min_quantity=max(1, alert.min_quantity),
        fired=alert.HasField("fire_time"),
        store=store,
        store_name=(await shop_of(client, store)).name if store else "",
        expires=alert.expire_time.ToJsonString(),
    )
