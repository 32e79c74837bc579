"""Answers of tools: structured content with a sentence, and readable errors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel

from services.chassis.errors import ServiceError
from services.client.words import did_you_mean
from services.edge.problems import of_call


def result(sentence: str, content: BaseModel | dict[str, Any]) -> CallToolResult:
    """The result of a tool: a sentence for the person, and the content as data."""
    structured = content if isinstance(content, dict) else content.model_dump(mode="json")
    return CallToolResult(
        content=[TextContent(type="text", text=sentence)], structured_content=structured
    )


KEYLESS = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}
NO_KEY = (
    "Whoever runs this server gives it an API key with the right role: over standard input and "
    "output by the environment variable ENRAYON_API_KEY, over HTTP by the header x-api-key."
)


@contextmanager
def readable() -> Iterator[None]:
    """Turns errors of calls into errors that an agent can read and act on.

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
        if error.code() in KEYLESS:
            raise ToolError(f"{_text(error)} {NO_KEY}") from None
        raise ToolError(_text(error)) from None


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _text(error: grpc.aio.AioRpcError) -> str:
    text = error.details() or error.code().name
    hint = did_you_mean(of_call(error).details)
    return f"{text}. {hint}" if hint else text
