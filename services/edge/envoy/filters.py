"""Envoy's HTTP filters, in the order for requests; answers pass them in reverse order.

The compressors therefore come before the transcoder: they compress the JSON that it makes.
"""

import base64
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from services.edge.envoy.counter import EXTENSIONS, request_counter
from services.edge.envoy.descriptors import descriptor_set
from services.edge.envoy.fields import script
from services.edge.envoy.guards import UNLIMITED, Limits, Tokens, rate_limit, token_check
from services.edge.envoy.local_replies import ORIGINAL_CONTENT_TYPE
from services.edge.envoy.routes import MAX_BODY_BYTES

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Limit of a JSON answer of one message; a page of 1,000 stores has about 1 MiB."""
READY_PATH = "/readyz"
COMPRESSIBLE = [
    "application/json",
    "application/manifest+json",
    "application/xml",
    "image/svg+xml",
    "text/css",
    "text/html",
    "text/javascript",
]

GZIP = {"@type": f"{EXTENSIONS}.compression.gzip.compressor.v3.Gzip"}
BROTLI = {
    "@type": f"{EXTENSIONS}.compression.brotli.compressor.v3.Brotli",
    "quality": 4,  # costs about as much as gzip and gives smaller answers
}


def http_filters(
    services: Sequence[ServiceDescriptor],
    cluster: str,
    limits: Limits = UNLIMITED,
    tokens: Tokens | None = None,
) -> list[dict[str, Any]]:
    """The chain of HTTP filters. `GET /readyz` is 200 while `cluster` has a healthy server."""
    return [
        _filter(
            "header_mutation",
            "header_mutation.v3.HeaderMutation",
            mutations={"request_mutations": [{"append": _KEEP_CONTENT_TYPE}]},
        ),
        _filter("cors", "cors.v3.Cors"),
        _filter(
            "health_check",
            "health_check.v3.HealthCheck",
            pass_through_mode=False,
            headers=[{"name": ":path", "string_match": {"exact": READY_PATH}}],
            cluster_min_healthy_percentages={cluster: {"value": 1}},
        ),
        *([rate_limit(limits)] if limits.requests_per_s else []),
        *([request_counter(limits.requests, limits.times)] if limits.requests else []),
        *([token_check(tokens)] if tokens else []),
        _compressor("brotli", BROTLI),
        _compressor("gzip", GZIP),
        # A request goes on once it is complete: until then it is no call to the services, so
        # bodies that never come take nothing of the limit of calls. Routes of streams have it off.
        _filter("buffer", "buffer.v3.Buffer", max_request_bytes=MAX_BODY_BYTES),
        _filter("lua", "lua.v3.Lua", default_source_code={"inline_string": script(services)}),
        _filter("grpc_web", "grpc_web.v3.GrpcWeb"),
        _filter(
            "grpc_json_transcoder",
            "grpc_json_transcoder.v3.GrpcJsonTranscoder",
            **_transcoding(services),
        ),
        # Counts calls by method and status, JSON requests too: they are gRPC at this point.
        _filter("grpc_stats", "grpc_stats.v3.FilterConfig", **_counted(services)),
        _filter("router", "router.v3.Router", suppress_envoy_headers=True),
    ]


def cors_policy(allow_origins: Sequence[str]) -> dict[str, Any]:
    """The CORS policy of a virtual host. An origin is a regular expression, or `*` for any."""
    return {
        "@type": f"{EXTENSIONS}.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [
            {"exact": "*"} if origin == "*" else {"safe_regex": {"regex": origin}}
            for origin in allow_origins
        ],
        "allow_methods": "GET, POST, PATCH, DELETE",
        "allow_headers": (
            "authorization, content-type, grpc-timeout, x-api-key, x-grpc-web, x-user-agent"
        ),
        "expose_headers": (
            "grpc-status, grpc-message, grpc-status-details-bin, retry-after, x-request-id"
        ),
        "max_age": "86400",
    }


def _transcoding(services: Sequence[ServiceDescriptor]) -> dict[str, Any]:
    return {
        "proto_descriptor_bin": base64.b64encode(descriptor_set(services)).decode(),
        "services": [service.full_name for service in services],
        "convert_grpc_status": True,
        # Without this an answer larger than the connection's buffers becomes a 500.
        "max_response_body_size": MAX_ANSWER_BYTES,
        "query_param_unescape_plus": True,
        "url_unescape_spec": "ALL_CHARACTERS_EXCEPT_SLASH",
        "request_validation_options": {
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        # ProtoJSON: camelCase, enums by name, unset fields left out (a field that a read mask
        # excludes must not look empty); a stream is one JSON object per line.
        "print_options": {"stream_newline_delimited": True},
    }


def _counted(services: Sequence[ServiceDescriptor]) -> dict[str, Any]:
    known = [
        {"name": service.full_name, "method_names": [method.name for method in service.methods]}
        for service in services
    ]
    return {
        "individual_method_stats_allowlist": {"services": known},
        "enable_upstream_stats": True,
    }


def _compressor(name: str, library: dict[str, Any]) -> dict[str, Any]:
    return _filter(
        "compressor",
        "compressor.v3.Compressor",
        compressor_library={"name": name, "typed_config": library},
        response_direction_config={
            "common_config": {
                "min_content_length": 1024,
                "content_type_matcher": [{"exact": kind} for kind in COMPRESSIBLE],
            }
        },
    ) | {"name": f"envoy.filters.http.compressor.{name}"}


_KEEP_CONTENT_TYPE = {
    "header": {"key": ORIGINAL_CONTENT_TYPE, "value": "%REQ(content-type)%"},
    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
}


def _filter(name: str, message: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": f"envoy.filters.http.{name}",
        "typed_config": {"@type": f"{EXTENSIONS}.filters.http.{message}", **fields},
    }
