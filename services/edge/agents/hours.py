"""The tool check_hours: the opening state of a store at a time."""

import datetime as dt
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.hours.v1 import hours_pb2
from geodata.instants import END, FIRST
from services.client import Client
from services.edge.agents.arguments import READ_ONLY, Language, StoreName
from services.edge.agents.speech import readable, result


class CheckedHours(BaseModel):
    """The opening state of a store at an instant."""

    store: str
    state: str
    """OPEN, CLOSED or UNKNOWN."""
    until: str = ""
    """RFC 3339; empty when unknown."""
    next_open: str = ""
    time_zone: str = ""
    words: str = ""


def add_tools(server: MCPServer[None], client: Client) -> None:
    """Add the tool."""

    @server.tool(title="Check opening hours", annotations=READ_ONLY)
    async def check_hours(
        store: StoreName,
        at: Annotated[
            str, Field(max_length=40, description="RFC 3339 with an offset; empty for now")
        ] = "",
        service: Annotated[
            str, Field(max_length=90, description="A counter inside, such as `pharmacy`")
        ] = "",
        language: Language = "en",
    ) -> Annotated[CallToolResult, CheckedHours]:
        """Say whether a store, or a service in it, is open, until when, and when it opens next."""
        request = hours_pb2.CheckOpenStateRequest(
            name=f"{store}/hours", service=service, language_code=language
        )
        if at:
            request.at_time.FromDatetime(_instant(at))
        with readable():
            state = (await client.hours.CheckOpenState(request)).open_state
        checked = CheckedHours(
            store=store,
            state=hours_pb2.State.Name(state.state).removeprefix("STATE_"),
            until=state.until_time.ToJsonString() if state.HasField("until_time") else "",
            next_open=(
                state.next_open_time.ToJsonString() if state.HasField("next_open_time") else ""
            ),
            time_zone=state.time_zone,
            words=state.words,
        )
        return result(state.words or "The opening hours are not known.", checked)


def _instant(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not FIRST <= moment < END:
        raise ToolError("`at` must be an instant with an offset, such as 2026-11-23T18:00:00+02:00")
    return moment
