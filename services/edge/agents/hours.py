"""The tool check_hours: the opening state of a store at a time."""

from typing import Annotated

from mcp.server import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from enrayon.hours.v1 import hours_pb2
from services.client import Client
from services.edge.agents.arguments import READ_ONLY, Language, StoreName
from services.edge.agents.clocks import instant, local
from services.edge.agents.speech import readable, result


class CheckedHours(BaseModel):
    """The opening state of a store at an instant."""

    store: str
    state: str
    """OPEN, CLOSED or UNKNOWN."""
    until: str = ""
    """RFC 3339, on the clock of the store; empty when unknown."""
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
            request.at_time.FromDatetime(instant(at, "at"))
        with readable():
            state = (await client.hours.CheckOpenState(request)).open_state
        zone = state.time_zone
        checked = CheckedHours(
            store=store,
            state=hours_pb2.State.Name(state.state).removeprefix("STATE_"),
            until=local(state.until_time, zone) if state.HasField("until_time") else "",
            next_open=(
                local(state.next_open_time, zone) if state.HasField("next_open_time") else ""
            ),
            time_zone=zone,
            words=state.words,
        )
        return result(state.words or "The opening hours are not known.", checked)
