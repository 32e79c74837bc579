"""The HTTP bindings of the contracts, and those that servers answer without the transcoder."""

import re
from typing import NamedTuple

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import MethodDescriptor

DIRECT = frozenset(
    {
        "enrayon.hours.v1.HoursService.BatchCheckOpenStates",
        "enrayon.hours.v1.HoursService.CheckOpenState",
        "enrayon.stock.v1.StockService.FindPickupOptions",
        "enrayon.stores.v1.StoresService.BatchFindNearestStores",
        "enrayon.stores.v1.StoresService.BatchGetStores",
        "enrayon.stores.v1.StoresService.FindNearestStores",
        "enrayon.stores.v1.StoresService.GetStore",
        "enrayon.stores.v1.StoresService.SearchStores",
    }
)
"""The hottest reads, whose JSON servers read and write themselves (decision 34)."""
MAX_DIRECT_BYTES = 16 * 1024
"""Largest body of a request that a server reads itself."""
TRANSCODE_HEADER = "x-enrayon-transcode"
"""Header by which a server leaves a request to the transcoder."""
_VARIABLE = re.compile(r"([^{}]*)\{(\w+)=([^{}]+)\}([^{}]*)")
_SEGMENT = "[A-Za-z0-9._~-]+"
"""Part of a path that means itself, whatever unescapes it."""


class Direct(NamedTuple):
    """A binding that a server can answer without the transcoder."""

    verb: str
    path: str
    """Regular expression of the whole path, without a query."""
    field: str
    """The field of the request that the one group of `path` is; empty if there is none."""


def bindings(method: MethodDescriptor) -> list[http_pb2.HttpRule]:
    """The rules by which a method is called with JSON."""
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    return [each for each in (rule, *rule.additional_bindings) if each.WhichOneof("pattern")]


def direct_bindings(method: MethodDescriptor) -> list[Direct]:
    """The direct bindings of a method: POST with the whole request, GET with a resource name."""
    if method.full_name not in DIRECT:
        return []
    found = []
    for rule in bindings(method):
        verb = rule.WhichOneof("pattern") or ""
        template = getattr(rule, verb)
        parts = _VARIABLE.fullmatch(template)
        if verb == "post" and rule.body == "*" and "{" not in template:
            found.append(Direct("POST", re.escape(template), ""))
        elif verb == "get" and parts:
            before, field, name, after = parts.groups()
            inner = re.escape(name).replace(r"\*", _SEGMENT)
            found.append(Direct("GET", f"{re.escape(before)}({inner}){re.escape(after)}", field))
    return found


def answer_list(method: MethodDescriptor) -> str:
    """The list that every JSON answer of a method has; empty if there is none (decision 28).

    It is the first field of a response of one message. A resource has no such list: a read mask
    may leave its fields out.
    """
    first = method.output_type.fields_by_number.get(1)
    if method.client_streaming or method.server_streaming or first is None:
        return ""
    is_list = first.is_repeated and method.output_type.name.endswith("Response")
    return str(first.json_name) if is_list else ""
