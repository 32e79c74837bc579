"""The configuration of Envoy, as a pure function of the contracts and the addresses."""

import ipaddress
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from google.protobuf.descriptor import ServiceDescriptor

from services.edge.envoy.filters import EXTENSIONS, cors_policy, http_filters
from services.edge.envoy.local_replies import local_reply_config
from services.edge.envoy.routes import routes
from services.edge.envoy.tracing import tracing

SERVICES = "services"
COLLECTOR = "collector"
BUFFER_BYTES = 32 * 1024
MAX_CONNECTIONS = 10_000
MAX_HEAP_BYTES = 1024**3


class Address(NamedTuple):
    """A TCP address. A host that is not an IP address is looked up, all its addresses are used."""

    host: str
    port: int


def render(
    services: Sequence[ServiceDescriptor],
    listen: Address,
    upstream: Address,
    *,
    apps: Mapping[str, Address] = MappingProxyType({}),
    admin: Address | None = None,
    allow_origins: Sequence[str] = (),
    collector: Address | None = None,
    trace_ratio: float = 0.0,
) -> dict[str, Any]:
    """The bootstrap configuration, ready for `json.dumps`.

    Args:
        services: whose methods are reached as JSON, by the `google.api.http` of each.
        listen: where JSON, gRPC-Web and gRPC are answered.
        upstream: where all of the services are, by gRPC without TLS.
        apps: HTTP servers for other paths, by prefix; the first prefix that fits is taken.
        admin: where `/ready` and `/stats/prometheus` are answered, if anywhere.
        allow_origins: which web origins may call, as regular expressions, or `*` for any.
        collector: where traces are sent, by OTLP over gRPC, if anywhere.
        trace_ratio: which part of the requests is traced.
    """
    clusters = {prefix: f"app:{address.host}:{address.port}" for prefix, address in apps.items()}
    virtual_host = {
        "name": "all",
        "domains": ["*"],
        "routes": routes(services, SERVICES, clusters.items()),
        "typed_per_filter_config": {"envoy.filters.http.cors": cors_policy(allow_origins)},
        # The path as it came, with the coordinates in its query: nobody's business upstream.
        "request_headers_to_remove": ["x-envoy-original-path", "x-envoy-original-method"],
    }
    config: dict[str, Any] = {
        "static_resources": {
            "listeners": [
                _listener(
                    listen,
                    virtual_host,
                    http_filters(services, SERVICES),
                    tracing(COLLECTOR, trace_ratio) if collector else {},
                )
            ],
            "clusters": [
                _grpc_cluster(SERVICES, upstream) | _health_checks(),
                *(
                    _cluster(*app)
                    for app in dict(zip(clusters.values(), apps.values(), strict=True)).items()
                ),
                *([_grpc_cluster(COLLECTOR, collector)] if collector else []),
            ],
        },
        "overload_manager": _overload_manager(),
    }
    if admin:
        paths = [{"exact": "/ready"}, {"prefix": "/stats/prometheus"}]
        config["admin"] = {"address": _socket(admin), "allow_paths": paths}
    return config


def _listener(
    listen: Address,
    virtual_host: dict[str, Any],
    filters: list[dict[str, Any]],
    tracing: dict[str, Any],
) -> dict[str, Any]:
    # Limits as Envoy's documentation advises for an edge ("Configuring Envoy as an edge proxy").
    manager = {
        "@type": f"{EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "server_name": "enrayon",
        "route_config": {"name": "routes", "virtual_hosts": [virtual_host]},
        "http_filters": filters,
        "local_reply_config": local_reply_config(),
        "use_remote_address": True,
        # Each request gets an id, which its answer, the logs and its errors carry.
        "always_set_request_id_in_response": True,
        **tracing,
        "normalize_path": True,
        "merge_slashes": True,
        "stream_idle_timeout": "60s",
        "request_headers_timeout": "10s",
        "common_http_protocol_options": {
            "idle_timeout": "300s",
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 64 * 1024,
            "initial_connection_window_size": 1024 * 1024,
        },
    }
    chain = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    return {
        "name": "edge",
        "address": _socket(listen),
        "enable_reuse_port": False,  # or a second Envoy shares the port without a word
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "filter_chains": [{"filters": [chain]}],
    }


def _grpc_cluster(name: str, address: Address) -> dict[str, Any]:
    kind = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    protocol = {
        "@type": f"type.googleapis.com/{kind}",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    return _cluster(name, address) | {
        "typed_extension_protocol_options": {kind: protocol},
    }


def _health_checks() -> dict[str, Any]:
    return {
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "health_checks": [
            {
                "timeout": "1s",
                "interval": "5s",
                "no_traffic_interval": "1s",  # by default it looks once a minute before any call
                "unhealthy_interval": "1s",
                "unhealthy_threshold": 2,
                "healthy_threshold": 1,
                "grpc_health_check": {},
            }
        ],
    }


def _cluster(name: str, address: Address) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _socket(address)}}
    return {
        "name": name,
        "type": "STATIC" if _is_ip(address.host) else "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": {
            "thresholds": [
                {"retry_budget": {"budget_percent": {"value": 20}}, "max_requests": 4096}
            ]
        },
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _overload_manager() -> dict[str, Any]:
    heap, connections = "fixed_heap", "global_downstream_max_connections"
    monitors = f"{EXTENSIONS}.resource_monitors"
    return {
        "resource_monitors": [
            {
                "name": f"envoy.resource_monitors.{heap}",
                "typed_config": {
                    "@type": f"{monitors}.fixed_heap.v3.FixedHeapConfig",
                    "max_heap_size_bytes": MAX_HEAP_BYTES,
                },
            },
            {
                "name": f"envoy.resource_monitors.{connections}",
                "typed_config": {
                    "@type": f"{monitors}.downstream_connections.v3.DownstreamConnectionsConfig",
                    "max_active_downstream_connections": MAX_CONNECTIONS,
                },
            },
        ],
        "actions": [
            {
                "name": "envoy.overload_actions.stop_accepting_requests",
                "triggers": [
                    {"name": f"envoy.resource_monitors.{heap}", "threshold": {"value": 0.95}}
                ],
            }
        ],
    }


def _socket(address: Address) -> dict[str, Any]:
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
