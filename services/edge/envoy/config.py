"""The configuration of Envoy, as a pure function of the contracts and the addresses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from services.edge.envoy.admin import admin as admin_interface
from services.edge.envoy.admin import admin_cluster, metrics_routes, stats_config
from services.edge.envoy.clusters import (
    CALLS,
    Address,
    Tls,
    app_cluster,
    grpc_cluster,
    services_cluster,
)
from services.edge.envoy.filters import cors_policy, http_filters
from services.edge.envoy.guards import Tokens
from services.edge.envoy.listener import edge_listener, metrics_listener
from services.edge.envoy.overload import overload_manager
from services.edge.envoy.routes import routes
from services.edge.envoy.tracing import tracing

SERVICES = "services"
COLLECTOR = "collector"
APP_HEALTH_PATH = "/healthz"


def render(
    services: Sequence[ServiceDescriptor],
    listen: Address,
    upstream: Address,
    *,
    apps: Mapping[str, Address] = MappingProxyType({}),
    admin: Path | None = None,
    metrics: Address | None = None,
    allow_origins: Sequence[str] = (),
    trusted_hops: int = 0,
    requests_per_s: int = 0,
    calls: int = CALLS,
    tls: Tls | None = None,
    tokens: Tokens | None = None,
    collector: Address | None = None,
    trace_ratio: float = 0.0,
) -> dict[str, Any]:
    """The bootstrap configuration, ready for `json.dumps`.

    Args:
        services: whose methods are reached as JSON, by the `google.api.http` of each.
        listen: where JSON, gRPC-Web and gRPC are answered.
        upstream: where all of the services are, by gRPC.
        apps: HTTP servers for other paths, by prefix; the first prefix that fits is taken.
        admin: the unix socket of Envoy's own interface, which draining needs.
        metrics: where `/ready` and `/stats/prometheus` are answered, if anywhere; needs `admin`.
        allow_origins: which web origins may call, as regular expressions, or `*` for any.
        trusted_hops: proxies in front, of which each adds an address to `x-forwarded-for`.
        requests_per_s: what one client address may ask, twice as many at once; 0 for no limit.
        calls: to the services that may be under way at once; streams are not counted.
        tls: how the services are reached; without TLS when None.
        tokens: whose JSON Web Tokens are taken; all are passed on unread when None.
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
    filters = http_filters(services, SERVICES, requests_per_s, tokens)
    traced = tracing(COLLECTOR, trace_ratio) if collector else {}
    listeners = [edge_listener(listen, virtual_host, filters, traced, trusted_hops)]
    there = [
        services_cluster(SERVICES, upstream, calls, tls),
        *(app_cluster(clusters[prefix], apps[prefix], APP_HEALTH_PATH) for prefix in apps),
    ]
    if collector:
        there.append(grpc_cluster(COLLECTOR, collector))
    config: dict[str, Any] = {
        "overload_manager": overload_manager(),
        "stats_config": stats_config(),
    }
    if admin:
        config["admin"] = admin_interface(admin)
        if metrics:
            listeners.append(metrics_listener(metrics, metrics_routes()))
            there.append(admin_cluster(admin))
    by_name = {cluster["name"]: cluster for cluster in there}
    return config | {"static_resources": {"listeners": listeners, "clusters": [*by_name.values()]}}
