"""Which call goes where, how long it may take, and whether it may be tried again."""

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from services.client.service_config import is_retriable
from services.edge.envoy.descriptors import is_read, is_stream, json_prefixes

READ_TIMEOUT = "10s"
CHANGE_TIMEOUT = "20s"
"""A change may wait for the disk."""
APP_TIMEOUT = "30s"
"""What the application composes of several calls."""
LONG_TIMEOUTS = {"enrayon.stock.v1.StockService.ReconcileStock": "300s"}
"""Calls that walk through all there is."""
STREAM_IDLE_TIMEOUT = "3600s"

BROKEN_OFF = "connect-failure,refused-stream,reset"
"""Failures of calls without an answer, begun or not."""
NOT_BEGUN = "connect-failure,refused-stream,reset-before-request"
"""Failures of calls that no server has seen."""


def retry_policy(retry_on: str) -> dict[str, Any]:
    """Try again twice, at another server if there is one."""
    return {
        "retry_on": retry_on,
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3."
                    "PreviousHostsPredicate"
                },
            }
        ],
        "host_selection_retry_max_attempts": 3,
    }


def routes(
    services: Sequence[ServiceDescriptor], cluster: str, apps: Iterable[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The routes of all methods, and of each (path prefix, cluster) of `apps`; the first fits.

    An application may have a path among those of the methods: such a longer prefix goes first.

    A JSON request is routed twice: as it comes, which decides on CORS and on the filters, and by
    its gRPC path once it is transcoded.
    """
    prefixes, apps = json_prefixes(services), list(apps)
    among = [(path, app) for path, app in apps if any(path.startswith(f"{p}/") for p in prefixes)]
    return [
        *(_method_route(method, cluster) for service in services for method in service.methods),
        # Health, reflection, and the services' own answer to an unknown method.
        _grpc_route("other gRPC", {"prefix": "/", "grpc": {}}, _endless(cluster)),
        *(route for each in among for route in _app_routes(*each)),
        *(
            _route(
                f"JSON {prefix}", {"path_separated_prefix": prefix}, _brief(cluster, READ_TIMEOUT)
            )
            for prefix in prefixes
        ),
        *(route for each in apps if each not in among for route in _app_routes(*each)),
        # Nothing comes so far: the transcoder refuses what it does not know.
        _route("unknown", {"prefix": "/"}, _brief(cluster, READ_TIMEOUT)),
    ]


def _method_route(method: MethodDescriptor, cluster: str) -> dict[str, Any]:
    action = _endless(cluster) if is_stream(method) else _brief(cluster, _timeout(method))
    again = f"{NOT_BEGUN},unavailable" if is_retriable(method) else NOT_BEGUN
    action["retry_policy"] = retry_policy(again)
    name = f"{method.containing_service.full_name}/{method.name}"
    return _grpc_route(name, {"path": f"/{name}"}, action)


def _timeout(method: MethodDescriptor) -> str:
    usual = READ_TIMEOUT if is_read(method) else CHANGE_TIMEOUT
    return LONG_TIMEOUTS.get(method.full_name, usual)


def _route(name: str, match: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    # The name is that of the spans in a trace.
    return {"name": name, "match": match, "route": action}


def _grpc_route(name: str, match: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    # A stream may be of any size; the services limit the messages.
    return _route(name, match, action) | _without("body_size_limit")


def _app_routes(prefix: str, cluster: str) -> list[dict[str, Any]]:
    # A GET may be asked twice: the server may hang up on a connection that was idle meanwhile.
    get = {"headers": [{"name": ":method", "string_match": {"exact": "GET"}}]}
    return [
        _app_route(prefix, cluster, get, BROKEN_OFF),
        _app_route(prefix, cluster, {}, NOT_BEGUN),
    ]


def _app_route(prefix: str, cluster: str, which: dict[str, Any], retry_on: str) -> dict[str, Any]:
    action = _brief(cluster, APP_TIMEOUT) | {"retry_policy": retry_policy(retry_on)}
    route = _route(f"application {prefix}", {"prefix": prefix, **which}, action)
    return route | _without("grpc_json_transcoder")


def _without(http_filter: str) -> dict[str, Any]:
    off = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
    return {"typed_per_filter_config": {f"envoy.filters.http.{http_filter}": off}}


def _brief(cluster: str, timeout: str) -> dict[str, Any]:
    return {"cluster": cluster, "timeout": timeout}


def _endless(cluster: str) -> dict[str, Any]:
    # Streams do not count among the calls that may be under way at once.
    return {
        "cluster": cluster,
        "timeout": "0s",
        "idle_timeout": STREAM_IDLE_TIMEOUT,
        "priority": "HIGH",
    }
