"""How tools answer: structured content with a sentence, and errors that say what to do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from google.rpc import error_details_pb2
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel

from services.chassis.errors import ServiceError
from services.edge.problems import of_call


def said(sentence: str, content: BaseModel | dict[str, Any]) -> CallToolResult:
    """An answer."""
    structured = content if isinstance(content, dict) else content.model_dump(mode="json")
    return CallToolResult(
        content=[TextContent(type="text", text=sentence)], structured_content=structured
    )


@contextmanager
def readable() -> Iterator[None]:
    """Turns what services refuse into what an agent can read and act upon.

    Raises:
        ToolError: in place of the error of a call.
    """
    try:
        yield
    except ServiceError as error:
        raise ToolError(error.message) from None
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            raise ToolError("The service cannot be reached at the moment; try again.") from None
        raise ToolError(_text(error)) from None


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def kilometres(metres: float) -> str:
    """A distance as people say it."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def _text(error: grpc.aio.AioRpcError) -> str:
    text = error.details() or error.code().name
    info = error_details_pb2.ErrorInfo()
    for detail in of_call(error).details:
        if detail.Unpack(info) and (suggestions := info.metadata.get("suggestions")):
            return f"{text}. Did you mean: {suggestions.replace(' | ', '; ')}?"
    return text
