"""Envoy's routes from the contracts: cluster, timeout and retries of each call."""

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from services.client.service_config import is_retriable
from services.edge.envoy.counter import EXTENSIONS
from services.edge.envoy.descriptors import is_read, is_stream, json_prefixes

READ_TIMEOUT_S = 10
"""Time of a whole call, with the receiving of its request."""
CHANGE_TIMEOUT_S = 20
"""A change may wait for the database's disk."""
APP_TIMEOUT_S = 30
"""The application answers with several calls."""
LONG_TIMEOUTS_S = {"enrayon.stock.v1.StockService.ReconcileStock": 300}
"""Calls that read all of the data."""
STREAM_IDLE_TIMEOUT = "3600s"
MAX_BODY_BYTES = 1024 * 1024
"""Limit of a body that is not a stream of gRPC."""
MAX_MESSAGE_BYTES = MAX_BODY_BYTES + 64 * 1024
"""Limit of a gRPC request of one message; the services refuse it before, and say why."""
OTHER_GRPC_S = 30
"""Reflection, a stream that lasts as long as its client looks around, and unknown methods."""
HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
"""A stream without an end: gRPC clients follow the health of a server by it."""

NO_ANSWER = "connect-failure,refused-stream,reset"
"""Failures without an answer; a server may have begun the call."""
NOT_BEGUN = "connect-failure,refused-stream,reset-before-request"
"""Failures before any server has seen the call."""
NEVER_TAKEN = "cancelled"
"""A gRPC server that stops answers CANCELLED to the calls that it had not taken up, which its
client never asked for (https://github.com/grpc/grpc/issues/41785). A call that it has taken up
ends otherwise: by its answer, or by UNAVAILABLE."""


def retry_policy(retry_on: str) -> dict[str, Any]:
    """Two retries, on another server if there is one."""
    return {
        "retry_on": retry_on,
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {
                    "@type": f"{EXTENSIONS}.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                },
            }
        ],
        "host_selection_retry_max_attempts": 3,
    }


def routes(
    services: Sequence[ServiceDescriptor], cluster: str, apps: Iterable[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The routes of all methods, and of each (path prefix, cluster) of `apps`; the first matches.

    An application's prefix below one of the JSON prefixes comes before it.

    A JSON request is routed twice: by its HTTP path, for CORS and the filters, and when it is
    complete and transcoded, by its gRPC path.
    """
    prefixes, apps = json_prefixes(services), list(apps)
    below = [(path, app) for path, app in apps if any(path.startswith(f"{p}/") for p in prefixes)]
    return [
        *(_method_route(method, cluster) for service in services for method in service.methods),
        _route("health", {"path": HEALTH_WATCH}, _endless(cluster)),
        # Health, reflection, and unknown methods, which the services answer.
        _grpc_route(
            "other gRPC",
            {"prefix": "/", "grpc": {}},
            brief(cluster, OTHER_GRPC_S),
            is_streamed=True,
        ),
        *(route for each in below for route in _app_routes(*each)),
        *(
            _route(
                f"JSON {prefix}",
                {"path_separated_prefix": prefix},
                brief(cluster, CHANGE_TIMEOUT_S),
            )
            for prefix in prefixes
        ),
        *(route for each in apps if each not in below for route in _app_routes(*each)),
        # Not reached: the transcoder refuses unknown paths before.
        _route("unknown", {"prefix": "/"}, brief(cluster, READ_TIMEOUT_S)),
    ]


def _method_route(method: MethodDescriptor, cluster: str) -> dict[str, Any]:
    action = _endless(cluster) if is_stream(method) else brief(cluster, _timeout_s(method))
    retry_on = [NOT_BEGUN, NEVER_TAKEN, *(["unavailable"] if is_retriable(method) else [])]
    action["retry_policy"] = retry_policy(",".join(retry_on))
    name = f"{method.containing_service.full_name}/{method.name}"
    match = {"path": f"/{name}"}
    return _grpc_route(name, match, action, is_streamed=method.client_streaming)


def _timeout_s(method: MethodDescriptor) -> int:
    usual = READ_TIMEOUT_S if is_read(method) else CHANGE_TIMEOUT_S
    return LONG_TIMEOUTS_S.get(method.full_name, usual)


def _route(name: str, match: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    # The route's name is the span's name in traces.
    return {"name": name, "match": match, "route": action}


def _grpc_route(
    name: str, match: dict[str, Any], action: dict[str, Any], *, is_streamed: bool
) -> dict[str, Any]:
    route = _route(name, match, action)
    if is_streamed:
        # A stream of requests may have any size and last; the services limit each message.
        return route | without("buffer")
    kind = f"{EXTENSIONS}.filters.http.buffer.v3.BufferPerRoute"
    buffer = {"@type": kind, "buffer": {"max_request_bytes": MAX_MESSAGE_BYTES}}
    return route | {"typed_per_filter_config": {"envoy.filters.http.buffer": buffer}}


def _app_routes(prefix: str, cluster: str) -> list[dict[str, Any]]:
    # A GET is safe to retry after a reset: the server may close a connection that was idle.
    get = {"headers": [{"name": ":method", "string_match": {"exact": "GET"}}]}
    return [
        _app_route(prefix, cluster, get, NO_ANSWER),
        _app_route(prefix, cluster, {}, NOT_BEGUN),
    ]


def _app_route(prefix: str, cluster: str, match: dict[str, Any], retry_on: str) -> dict[str, Any]:
    action = brief(cluster, APP_TIMEOUT_S) | {"retry_policy": retry_policy(retry_on)}
    route = _route(f"application {prefix}", {"prefix": prefix, **match}, action)
    return route | without("lua", "grpc_json_transcoder")


def without(*http_filters: str) -> dict[str, Any]:
    """The part of a route that has these HTTP filters off."""
    off = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
    return {"typed_per_filter_config": {f"envoy.filters.http.{name}": off for name in http_filters}}


def brief(cluster: str, most_s: float) -> dict[str, Any]:
    """The action of a route whose calls end after a time."""
    # Counted from the first byte of the request to the last of the answer; the deadline of a gRPC
    # client counts if it is earlier. Envoy's `timeout` would begin with the complete request.
    most = f"{most_s:g}s"
    return {
        "cluster": cluster,
        "max_stream_duration": {"max_stream_duration": most, "grpc_timeout_header_max": most},
    }


def _endless(cluster: str) -> dict[str, Any]:
    # Priority HIGH: streams do not count towards the limit of calls.
    return {
        "cluster": cluster,
        "timeout": "0s",
        "idle_timeout": STREAM_IDLE_TIMEOUT,
        "priority": "HIGH",
    }
