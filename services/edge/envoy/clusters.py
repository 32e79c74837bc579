"""Envoy's clusters: the services by gRPC and the application by HTTP, both health-checked."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

BUFFER_BYTES = 32 * 1024
CALLS, STREAMS = 1024, 65_536
"""Default limits of calls and of streams in progress at once."""
APP_IDLE_S = 60
"""Time after which Envoy closes an idle connection to an application. The application must wait
longer: a request on a connection that it is just closing gets no answer."""
HEALTH_INTERVAL = "1s"
"""A stopping server reports NOT_SERVING and serves a few seconds more; the check must be faster."""
LONE_HEALTH_INTERVAL = "5s"
"""The same of a cluster with one server, whose calls no other could take."""
_RETRIES = {"retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 16}}
"""At least so many retries at once: of a few calls all may be on the server that leaves."""


class Address(NamedTuple):
    """A TCP address. All addresses of a host name are used."""

    host: str
    port: int


class Certificate(NamedTuple):
    """PEM files of a certificate."""

    chain: Path
    key: Path
    """The private key."""


class Tls(NamedTuple):
    """PEM files of a TLS connection to a server."""

    ca: Path
    """Authority of the servers' certificate."""
    certificate: Path | None = None
    """Client certificate, if one is presented."""
    key: Path | None = None
    """Private key of `certificate`."""


def services_cluster(
    name: str, address: Address, calls: int, tls: Tls | None = None
) -> dict[str, Any]:
    """gRPC servers with health checks; an unhealthy server gets no calls.

    Calls beyond the limit are refused: a refusal takes Envoy a few microseconds, but takes a
    server in Python a third of the time of an answer.
    """
    secured = _secured(address.host, tls, "h2") if tls else {}
    check = _checked({"grpc_health_check": {}}, _interval(address), panic_percent=0)
    return grpc_cluster(name, address, calls) | secured | check


def direct_cluster(
    name: str, sockets: Sequence[Path], health_path: str, calls: int
) -> dict[str, Any]:
    """The servers of this machine by HTTP/1.1 on unix sockets, with health checks.

    A connection has one call, so `calls` limits the connections too.
    """
    protocol = {
        "common_http_protocol_options": {"idle_timeout": f"{APP_IDLE_S}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    most = {"max_requests": calls, "max_connections": calls, "max_pending_requests": calls}
    endpoints = [{"endpoint": {"address": {"pipe": {"path": str(socket)}}}} for socket in sockets]
    interval = HEALTH_INTERVAL if len(sockets) > 1 else LONE_HEALTH_INTERVAL
    check = _checked({"http_health_check": {"path": health_path}}, interval, panic_percent=0)
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": {"thresholds": [{**most, **_RETRIES}]},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
        **_speaking(protocol),
        **check,
    }


def app_cluster(
    name: str, address: Address, health_path: str, tls: Tls | None = None
) -> dict[str, Any]:
    """HTTP servers with health checks; an unhealthy server gets no requests, unless fewer than
    half are healthy: a late page is better than none.
    """
    protocol = {
        "common_http_protocol_options": {"idle_timeout": f"{APP_IDLE_S}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    secured = _secured(address.host, tls, "http/1.1") if tls else {}
    check = _checked({"http_health_check": {"path": health_path}}, _interval(address), 50)
    return _cluster(name, address) | _speaking(protocol) | secured | check


def grpc_cluster(name: str, address: Address, calls: int = CALLS) -> dict[str, Any]:
    """gRPC servers without health checks."""
    protocol: dict[str, Any] = {"explicit_http_config": {"http2_protocol_options": {}}}
    return _cluster(name, address, calls) | _speaking(protocol)


def socket_address(address: Address) -> dict[str, Any]:
    """An address in Envoy's configuration."""
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _cluster(name: str, address: Address, calls: int = CALLS) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": socket_address(address)}}
    return {
        "name": name,
        "type": "STATIC" if _is_ip(address.host) else "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": {
            "thresholds": [
                {"priority": priority, "max_requests": most, **_RETRIES}
                for priority, most in (("DEFAULT", calls), ("HIGH", STREAMS))
            ]
        },
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _speaking(protocol: dict[str, Any]) -> dict[str, Any]:
    kind = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    options = {"@type": f"type.googleapis.com/{kind}", **protocol}
    return {"typed_extension_protocol_options": {kind: options}}


def served_with(certificate: Certificate) -> dict[str, Any]:
    """The transport socket of a listener with TLS 1.2 or 1.3, for HTTP/2 and HTTP/1.1."""
    context = {
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "tls_certificates": [_shown(certificate)],
    }
    return _tls_socket("DownstreamTlsContext", {"common_tls_context": context})


def _secured(host: str, tls: Tls, protocol: str) -> dict[str, Any]:
    names = {
        "san_type": "IP_ADDRESS" if _is_ip(host) else "DNS",
        "matcher": {"exact": host},
    }
    context: dict[str, Any] = {
        "alpn_protocols": [protocol],
        "validation_context": {
            "trusted_ca": {"filename": str(tls.ca)},
            "match_typed_subject_alt_names": [names],
        },
    }
    if tls.certificate and tls.key:
        context["tls_certificates"] = [_shown(Certificate(tls.certificate, tls.key))]
    sni = {} if _is_ip(host) else {"sni": host}
    return _tls_socket("UpstreamTlsContext", {"common_tls_context": context, **sni})


def _shown(certificate: Certificate) -> dict[str, Any]:
    return {
        "certificate_chain": {"filename": str(certificate.chain)},
        "private_key": {"filename": str(certificate.key)},
    }


def _tls_socket(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    name = f"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{kind}"
    socket = {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": name, **config}}
    return {"transport_socket": socket}


def _interval(address: Address) -> str:
    return LONE_HEALTH_INTERVAL if _is_ip(address.host) else HEALTH_INTERVAL


def _checked(check: dict[str, Any], interval: str, panic_percent: int) -> dict[str, Any]:
    return {
        "common_lb_config": {
            "healthy_panic_threshold": {"value": panic_percent},
            # By default a recovered server gets no calls for up to a second after the edge
            # reports that it is ready.
            "update_merge_window": "0s",
        },
        "health_checks": [
            {
                "timeout": "1s",
                "interval": interval,
                "no_traffic_interval": interval,
                "unhealthy_interval": HEALTH_INTERVAL,
                "unhealthy_threshold": 2,
                "healthy_threshold": 1,
                **check,
            }
        ],
    }


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
