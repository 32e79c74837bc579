"""The filter that refuses unknown fields of JSON requests and adds empty lists (decision 28)."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.api import http_pb2
from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)

from services.client.bindings import answer_list, bindings
from services.edge.envoy.descriptors import json_prefixes

CODE = Path(__file__).with_name("fields.lua")
UNKNOWN_FIELD = "x-unknown-field"
"""Request header with the refused field, for the details of the error."""
_VARIABLE = re.compile(r"\{[^=}]+(?:=([^}]+))?\}")


def script(services: Sequence[ServiceDescriptor]) -> str:
    """The filter's code: the tables of the contracts, then `fields.lua`."""
    tables = _Tables()
    routes: dict[str, dict[str, list[str]]] = {}
    for service in services:
        for method in service.methods:
            for rule in bindings(method):
                http_method = rule.WhichOneof("pattern") or ""
                template = getattr(rule, http_method)
                verb = template.rpartition("}")[2].rpartition(":")[2] if ":" in template else ""
                by_verb = routes.setdefault(http_method.upper(), {})
                by_verb.setdefault(verb, []).append(_route(tables, method, rule, template))
    prefixes = json_prefixes(services)
    if len(prefixes) > 1:
        raise ValueError(f"JSON paths begin with {prefixes}; the filter knows one beginning")
    paths = f"^{_escaped(prefixes[0])}/" if prefixes else "^$"
    return "\n".join(
        [
            f"local UNKNOWN_FIELD = {_text(UNKNOWN_FIELD)}",
            f"local PATHS = {_text(paths)}",
            *tables.source(),
            f"local ROUTES = {_table({name: _table(found) for name, found in routes.items()})}",
            CODE.read_text(encoding="utf-8"),
        ]
    )


class _Tables:
    """Numbers the messages that requests can hold, however deep."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._fields: list[dict[str, int]] = []
        self._names: list[list[str]] = []

    def kind(self, message: Descriptor) -> int:
        """The number of a message; 0 for one with a JSON form of its own."""
        if message.full_name.startswith("google.protobuf."):
            return 0
        if message.full_name not in self._numbers:
            self._numbers[message.full_name] = len(self._fields) + 1
            fields: dict[str, int] = {}
            self._fields.append(fields)  # before its fields: a message may hold itself
            self._names.append([field.json_name for field in message.fields])
            for field in message.fields:
                fields[field.name] = fields[field.json_name] = self._of_field(field)
        return self._numbers[message.full_name]

    def _of_field(self, field: FieldDescriptor) -> int:
        inner = field.message_type
        if inner is None:
            return 0
        if inner.GetOptions().map_entry:
            value = inner.fields_by_name["value"].message_type
            return -self.kind(value) if value is not None else 0
        return self.kind(inner)

    def source(self) -> list[str]:
        """The tables in Lua."""
        fields = (
            "{" + ", ".join(f"[{_text(name)}] = {kind}" for name, kind in each.items()) + "}"
            for each in self._fields
        )
        names = ("{" + ", ".join(map(_text, each)) + "}" for each in self._names)
        return [
            f"local MESSAGES = {{{', '.join(fields)}}}",
            f"local NAMES = {{{', '.join(names)}}}",
        ]


def _route(
    tables: _Tables, method: MethodDescriptor, rule: http_pb2.HttpRule, template: str
) -> str:
    request = method.input_type
    body = "false"
    if rule.body:
        message = request if rule.body == "*" else request.fields_by_name[rule.body].message_type
        assert message is not None, f"the body of {method.full_name} is no message"
        body = str(tables.kind(message))
    name = answer_list(method)
    answer = _text(name) if name else "false"
    return f"{{{_text(_pattern(template))}, {tables.kind(request)}, {body}, {answer}}}"


def _table(routes: Mapping[str, Any]) -> str:
    """A table of Lua whose values are lists of routes, or such tables."""
    parts = (
        f"[{_text(key)}] = {value if isinstance(value, str) else '{' + ', '.join(value) + '}'}"
        for key, value in routes.items()
    )
    return "{" + ", ".join(parts) + "}"


def _pattern(template: str) -> str:
    """The Lua pattern of the paths of a `google.api.http` template."""
    path = _VARIABLE.sub(lambda match: match[1] or "*", template)
    return "^" + _escaped(path).replace("%*", "[^/]+") + "$"


def _escaped(text: str) -> str:
    return re.sub(r"([^A-Za-z0-9/_])", r"%\1", text)


def _text(text: str) -> str:
    return f'"{text}"'
