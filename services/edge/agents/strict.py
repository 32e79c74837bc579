"""An MCP server that refuses arguments that its tools do not have, and takes null as left out."""

from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, InputRequiredResult
from mcp_types import Tool as ListedTool
from pydantic import ValidationError

from services.edge.unknown_fields import nearest

Schema = dict[str, Any]


class StrictServer(MCPServer[None]):
    """Publishes strict schemas of arguments, and checks by them before a tool runs.

    An agent acts on an answer as if all of its arguments were heard, so an unknown one is an error
    that names it and the nearest known one.
    """

    async def list_tools(self) -> list[ListedTool]:
        """The tools, with strict schemas."""
        tools = await super().list_tools()
        return [
            tool.model_copy(update={"input_schema": _strict(tool.input_schema)}) for tool in tools
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Calls a tool.

        Raises:
            ToolError: the tool or an argument is unknown, a value does not fit, or the tool failed;
                it says what to do.
        """
        schemas = {tool.name: tool.input_schema for tool in await super().list_tools()}
        if name not in schemas:
            near = nearest(name, schemas)
            hint = f"the nearest is {near}" if near else f"the tools are {', '.join(schemas)}"
            raise ToolError(f"{name[:100]}: there is no such tool; {hint}.")
        checked = _checked(arguments, schemas[name], schemas[name], "")
        try:
            return await super().call_tool(name, checked, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_readable(error.__cause__)) from error.__cause__
            if type(error) is ToolError and isinstance(error.__cause__, ToolError):
                raise ToolError(str(error.__cause__)) from error.__cause__
            raise


def _checked(value: Any, schema: Schema, root: Schema, path: str) -> Any:
    """The value without optional members that are null.

    Raises:
        ToolError: it has a member that the schema does not have.
    """
    schema = _resolved(schema, root)
    if isinstance(value, list):
        item = schema.get("items", {})
        return [_checked(each, item, root, f"{path}[{i}]") for i, each in enumerate(value)]
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    known, required = schema["properties"], schema.get("required", [])
    for name in value:
        if name not in known:
            raise ToolError(_unknown(f"{path}.{name}".lstrip("."), name, known))
    return {
        name: _checked(each, known[name], root, f"{path}.{name}".lstrip("."))
        for name, each in value.items()
        if each is not None or name in required
    }


def _unknown(path: str, name: str, known: Schema) -> str:
    near = nearest(name, known)
    hint = f"the nearest is {near}" if near else f"the arguments are {', '.join(known)}"
    return f"{path[:100]}: there is no such argument; {hint}. Call again without it, or with that."


def _readable(error: ValidationError) -> str:
    """What to change in the arguments, one sentence for each."""
    told = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(str(part) for part in each["loc"])
        told.append(f"{path}: {each['msg'].removeprefix('Value error, ')}.")
    return " ".join(told[:8])


def _resolved(schema: Schema, root: Schema) -> Schema:
    """A schema behind its reference; of a choice with null, the other part."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        if part.get("type") != "null":
            return _resolved(part, root)
    return schema


def _strict(schema: Any) -> Any:
    """A copy in which objects take no other members, and optional members may be null."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {
        key: {name: _strict(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _strict(value)
        for key, value in schema.items()
    }
    if isinstance(copy.get("properties"), dict) and copy.get("type") == "object":
        copy["additionalProperties"] = False
        for name, each in copy["properties"].items():
            if name not in copy.get("required", ()):
                copy["properties"][name] = _nullable(each)
    return copy


def _nullable(schema: Schema) -> Schema:
    if "anyOf" in schema:
        has_null = any(part.get("type") == "null" for part in schema["anyOf"])
        null = [] if has_null else [{"type": "null"}]
        return schema | {"anyOf": [*schema["anyOf"], *null]}
    about = {key: schema[key] for key in ("default", "description", "title") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in about}
    return about | {"anyOf": [rest, {"type": "null"}]}
