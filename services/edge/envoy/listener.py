"""Envoy's listeners: the edge, and the metrics."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from services.edge.envoy.access_log import access_log
from services.edge.envoy.clusters import (
    BUFFER_BYTES,
    Address,
    Certificate,
    served_with,
    socket_address,
)
from services.edge.envoy.counter import EXTENSIONS, connection_counter
from services.edge.envoy.guards import Limits
from services.edge.envoy.local_replies import NO_SNIFFING, local_reply_config

IDLE_TIMEOUT = "60s"
"""A connection without a request is closed after this time."""


def edge_listener(
    listen: Address,
    virtual_hosts: list[dict[str, Any]],
    filters: list[dict[str, Any]],
    tracing: dict[str, Any],
    trusted_hops: int,
    limits: Limits,
    certificate: Certificate | None = None,
) -> dict[str, Any]:
    """The edge, with the limits of Envoy's documentation ("Configuring Envoy as an edge proxy").

    Args:
        listen: the address.
        virtual_hosts: the routes, by host.
        filters: the chain of HTTP filters.
        tracing: the tracing of the connection manager; empty for none.
        trusted_hops: proxies in front that each add an address to `x-forwarded-for`.
        limits: what one client may take. Behind proxies the connections are theirs, so their
            number has no limit here.
        certificate: shown to clients; None for no TLS.
    """
    most = 0 if trusted_hops else limits.connections
    return _listener(
        "edge",
        listen,
        {
            "server_name": "enrayon",
            "route_config": {
                "name": "routes",
                "virtual_hosts": virtual_hosts,
                "response_headers_to_add": [NO_SNIFFING],
            },
            "http_filters": filters,
            "local_reply_config": local_reply_config(),
            "access_log": access_log(),
            "use_remote_address": True,
            "xff_num_trusted_hops": trusted_hops,
            # The request id is in the answer, the logs and the errors.
            "always_set_request_id_in_response": True,
            **tracing,
            "normalize_path": True,
            "merge_slashes": True,
            "stream_idle_timeout": "60s",
            "request_headers_timeout": "10s",
            "common_http_protocol_options": {
                "idle_timeout": IDLE_TIMEOUT,
                "headers_with_underscores_action": "REJECT_REQUEST",
            },
            "http2_protocol_options": {
                "max_concurrent_streams": 100,
                "initial_stream_window_size": 64 * 1024,
                "initial_connection_window_size": 1024 * 1024,
            },
        },
        [connection_counter(most, limits.times)] if most else [],
        served_with(certificate) if certificate else {},
    )


def metrics_listener(listen: Address, routes: list[dict[str, Any]]) -> dict[str, Any]:
    """The listener of the metrics and of `/ready`, which full connections do not close."""
    host = {"name": "all", "domains": ["*"], "routes": routes}
    router = {"@type": f"{EXTENSIONS}.filters.http.router.v3.Router"}
    return _listener(
        "metrics",
        listen,
        {
            "route_config": {"name": "metrics", "virtual_hosts": [host]},
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
        },
    ) | {"ignore_global_conn_limit": True}


def _listener(
    name: str,
    listen: Address,
    manager: dict[str, Any],
    before: Sequence[dict[str, Any]] = (),
    socket: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    kind = f"{EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager"
    chain = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {"@type": kind, "stat_prefix": name, **manager},
    }
    return {
        "name": name,
        "address": socket_address(listen),
        "enable_reuse_port": False,  # a second Envoy on the port must fail, not share it
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        # Else a worker accepts all that wait before it goes on with its requests.
        "max_connections_to_accept_per_socket_event": 1,
        "filter_chains": [{"filters": [*before, chain], **socket}],
    }
