"""Routes that refuse requests which foreign web pages make by a browser, before all others.

A page of any origin can send a browser's requests to this machine: as a form or a fetch with
`text/plain`, and by a name of its own that resolves to 127.0.0.1 (DNS rebinding). A browser always
tells the name, and with a change the origin; only a type such as `application/json` makes it ask
first (CORS).
"""

import re
from collections.abc import Sequence
from typing import Any

from services.edge.envoy.routes import without

_CHANGES = {"name": ":method", "string_match": {"safe_regex": {"regex": "POST|PUT|PATCH|DELETE"}}}
_IS_OTHER_TYPE = {
    "name": "content-type",
    "string_match": {
        "safe_regex": {"regex": r"(?i)application/(json|grpc([+-][a-z+-]*)?)[ \t]*(;.*)?"}
    },
    "invert_match": True,
}
_HAS_NO_TYPE = {"name": "content-type", "present_match": True, "invert_match": True}
# A browser tells the length of every body that it sends without asking first.
_HAS_BODY = {
    "name": "content-length",
    "string_match": {"safe_regex": {"regex": "0*"}},
    "invert_match": True,
}


def other_types() -> list[dict[str, Any]]:
    """Routes that refuse bodies that are neither JSON nor gRPC, or do not tell: 415."""
    text = "want the content-type application/json"
    return [
        _refusal("other type", 415, text, _CHANGES, _IS_OTHER_TYPE),
        _refusal("no type", 415, text, _CHANGES, _HAS_NO_TYPE, _HAS_BODY),
    ]


def foreign_pages(hosts: Sequence[str], allow_origins: Sequence[str]) -> list[dict[str, Any]]:
    """Routes that refuse requests from pages of other origins: 403.

    Args:
        hosts: the names of the edge, whose own pages may call.
        allow_origins: other origins that may call, as regular expressions, or `*` for any.
    """
    if "*" in allow_origins:
        return []
    own = rf"https?://({'|'.join(re.escape(host) for host in hosts)})(:\d+)?"
    allowed = "|".join(f"({origin})" for origin in (own, *allow_origins))
    is_foreign = {
        "name": "origin",
        "string_match": {"safe_regex": {"regex": allowed}},
        "invert_match": True,
    }
    text = "pages of this origin may not call; ENRAYON_EDGE_ORIGINS allows more"
    return [_refusal("foreign page", 403, text, is_foreign)]


def domains(hosts: Sequence[str]) -> list[str]:
    """The domains of a virtual host that answers under these names, at any port."""
    return [domain for host in hosts for domain in (host, f"{host}:*")]


def other_hosts() -> dict[str, Any]:
    """The virtual host that refuses every other name: 403."""
    text = "the edge does not answer under this name; ENRAYON_EDGE_HOSTS allows more"
    return {"name": "other hosts", "domains": ["*"], "routes": [_refusal("other host", 403, text)]}


def _refusal(name: str, status: int, text: str, *headers: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "match": {"prefix": "/", "headers": list(headers)},
        "direct_response": {"status": status, "body": {"inline_string": text}},
    } | without("buffer", "lua", "grpc_json_transcoder")
