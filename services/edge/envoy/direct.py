"""Envoy's routes to the servers that answer the hottest reads as JSON themselves (decision 34).

A request goes there if it is JSON of a known, small length, or a GET by a name alone. A server
that does not certainly understand it answers with a redirect, which Envoy follows: with the header
that it brings, the request takes the transcoder's route.
"""

from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from services.client.bindings import (
    MAX_DIRECT_BYTES,
    TRANSCODE_HEADER,
    Direct,
    direct_bindings,
)
from services.edge.envoy.routes import NO_ANSWER, READ_TIMEOUT_S, brief, retry_policy, without

LEFT = 307
"""Status by which a server leaves a request to the transcoder."""
UNAVAILABLE = 503


def direct_routes(services: Sequence[ServiceDescriptor], cluster: str) -> list[dict[str, Any]]:
    """The routes of the direct bindings; they come before all others of these paths."""
    return [
        _route(method, binding, cluster)
        for service in services
        for method in service.methods
        for binding in direct_bindings(method)
    ]


def _route(method: MethodDescriptor, binding: Direct, cluster: str) -> dict[str, Any]:
    has_body = binding.verb == "POST"
    length = {"name": "content-length"}
    action = brief(cluster, READ_TIMEOUT_S) | {
        "retry_policy": retry_policy(f"{NO_ANSWER},retriable-status-codes")
        | {"retriable_status_codes": [UNAVAILABLE]},
        "internal_redirect_policy": {
            "max_internal_redirects": 1,
            "redirect_response_codes": [LEFT],
            "response_headers_to_copy": [TRANSCODE_HEADER],
        },
    }
    return {
        # As the call's own route, so that the log and traces tell it by the same name.
        "name": f"{method.containing_service.full_name}/{method.name}",
        "match": {
            "prefix": "/",
            "headers": [
                {"name": ":method", "string_match": {"exact": binding.verb}},
                {"name": ":path", "string_match": {"safe_regex": {"regex": binding.path}}},
                {"name": TRANSCODE_HEADER, "present_match": False},
                length | {"range_match": {"start": 1, "end": MAX_DIRECT_BYTES + 1}}
                if has_body
                else length | {"present_match": False},
            ],
        },
        "route": action,
    } | without("lua", "grpc_web", "grpc_json_transcoder", "grpc_stats")
