"""The configuration of Envoy: a pure function of the contracts and the addresses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from services.chassis.access.credentials import EDGE_HEADER
from services.edge.envoy.admin import admin as admin_interface
from services.edge.envoy.admin import admin_cluster, metrics_routes, stats_config
from services.edge.envoy.borders import domains, foreign_pages, other_hosts, other_types
from services.edge.envoy.clusters import (
    CALLS,
    Address,
    Certificate,
    Tls,
    app_cluster,
    direct_cluster,
    grpc_cluster,
    services_cluster,
)
from services.edge.envoy.direct import direct_routes
from services.edge.envoy.filters import cors_policy, http_filters
from services.edge.envoy.guards import UNLIMITED, Limits, Tokens
from services.edge.envoy.listener import edge_listener, metrics_listener
from services.edge.envoy.overload import overload_manager, turns, watchdogs
from services.edge.envoy.routes import routes
from services.edge.envoy.tracing import tracing

SERVICES = "services"
DIRECT = "direct"
COLLECTOR = "collector"
APP_HEALTH_PATH = "/healthz"
DIRECT_HEALTH_PATH = "/healthz"


def render(
    services: Sequence[ServiceDescriptor],
    listen: Address,
    upstream: Address,
    *,
    json_sockets: Sequence[Path] = (),
    apps: Mapping[str, Address] = MappingProxyType({}),
    admin: Path | None = None,
    metrics: Address | None = None,
    allow_origins: Sequence[str] = (),
    trusted_hops: int = 0,
    limits: Limits = UNLIMITED,
    hosts: Sequence[str] = (),
    proof: str = "",
    calls: int = CALLS,
    tls: Tls | None = None,
    app_tls: Tls | None = None,
    certificate: Certificate | None = None,
    tokens: Tokens | None = None,
    collector: Address | None = None,
    trace_ratio: float = 0.0,
) -> dict[str, Any]:
    """The bootstrap configuration, ready for `json.dumps`.

    Args:
        services: the contracts; their methods get JSON routes by `google.api.http`.
        listen: the address for JSON, gRPC-Web and gRPC.
        upstream: the gRPC address of all the services.
        json_sockets: the unix sockets on which the services answer the hottest reads as JSON;
            empty, or behind proxies: all JSON is transcoded.
        apps: HTTP servers for other paths, by path prefix; the first match is taken.
        admin: the unix socket of Envoy's admin interface, which draining needs.
        metrics: the address for `/ready` and `/stats/prometheus`, if any; needs `admin`.
        allow_origins: web origins that may call, as regular expressions, or `*` for any.
        trusted_hops: proxies in front that each add an address to `x-forwarded-for`.
        limits: the limits of one client.
        hosts: the names that the edge answers under, to its own pages and those of `allow_origins`;
            empty: any name, to any page.
        proof: the secret by which the services recognize the edge and believe its client address.
        calls: limit of calls to the services in progress at once; streams do not count.
        tls: TLS files for the services; None for no TLS.
        app_tls: TLS files for the HTTP servers of `apps`; None for no TLS.
        certificate: shown to clients; None for no TLS.
        tokens: accepted JSON Web Tokens; None passes every token on unchecked.
        collector: the OTLP address for traces, if any.
        trace_ratio: the share of requests to trace, from 0 to 1.
    """
    if trusted_hops:
        # What a server leaves to the transcoder, Envoy follows as from its own peer. Behind a proxy
        # that is not the client, and its limits would be everybody's.
        json_sockets = ()
    clusters = {prefix: f"app:{address.host}:{address.port}" for prefix, address in apps.items()}
    virtual_host = {
        "name": "all",
        "domains": domains(hosts) or ["*"],
        "routes": [
            *(foreign_pages(hosts, allow_origins) if hosts else ()),
            *other_types(),
            *(direct_routes(services, DIRECT) if json_sockets else ()),
            *routes(services, SERVICES, clusters.items()),
        ],
        "typed_per_filter_config": {"envoy.filters.http.cors": cors_policy(allow_origins)},
        # The original path may have coordinates in its query; nothing upstream needs it.
        "request_headers_to_remove": ["x-envoy-original-path", "x-envoy-original-method"],
        "request_headers_to_add": client_headers(proof),
    }
    filters = http_filters(services, SERVICES, limits, tokens)
    virtual_hosts = [virtual_host, *([other_hosts()] if hosts else ())]
    traced = tracing(COLLECTOR, trace_ratio) if collector else {}
    listeners = [
        edge_listener(listen, virtual_hosts, filters, traced, trusted_hops, limits, certificate)
    ]
    targets = [
        services_cluster(SERVICES, upstream, calls, tls),
        *(app_cluster(clusters[each], apps[each], APP_HEALTH_PATH, app_tls) for each in apps),
    ]
    if json_sockets:
        targets.append(direct_cluster(DIRECT, json_sockets, DIRECT_HEALTH_PATH, calls))
    if collector:
        targets.append(grpc_cluster(COLLECTOR, collector))
    config: dict[str, Any] = {
        "overload_manager": overload_manager(),
        "watchdogs": watchdogs(),
        "stats_config": stats_config(),
        "layered_runtime": turns(),
    }
    if admin:
        config["admin"] = admin_interface(admin)
        if metrics:
            listeners.append(metrics_listener(metrics, metrics_routes()))
            targets.append(admin_cluster(admin))
    by_name = {cluster["name"]: cluster for cluster in targets}
    return config | {"static_resources": {"listeners": listeners, "clusters": [*by_name.values()]}}


def client_headers(proof: str) -> list[dict[str, Any]]:
    """The headers that tell the servers behind the one address of the client that Envoy found."""
    told = {"x-forwarded-for": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
    if proof:
        told[EDGE_HEADER] = proof
    return [
        {
            "header": {"key": name, "value": value},
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }
        for name, value in told.items()
    ]
