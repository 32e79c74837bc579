"""Envoy's clusters: the services by gRPC and the application by HTTP, both health-checked."""

import ipaddress
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
_RETRIES = {"retry_budget": {"budget_percent": {"value": 20}}}


class Address(NamedTuple):
    """A TCP address. All addresses of a host name are used."""

    host: str
    port: int


class Tls(NamedTuple):
    """PEM files of a TLS connection."""

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
    secured = _secured(address.host, tls) if tls else {}
    check = _checked({"grpc_health_check": {}}, panic_percent=0)
    return grpc_cluster(name, address, calls) | secured | check


def app_cluster(name: str, address: Address, health_path: str) -> dict[str, Any]:
    """HTTP servers with health checks; an unhealthy server gets no requests, unless fewer than
    half are healthy: a late page is better than none.
    """
    protocol = {
        "common_http_protocol_options": {"idle_timeout": f"{APP_IDLE_S}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    check = _checked({"http_health_check": {"path": health_path}}, panic_percent=50)
    return _cluster(name, address) | _speaking(protocol) | check


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


def _secured(host: str, tls: Tls) -> dict[str, Any]:
    kind = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    names = {
        "san_type": "IP_ADDRESS" if _is_ip(host) else "DNS",
        "matcher": {"exact": host},
    }
    context: dict[str, Any] = {
        "alpn_protocols": ["h2"],
        "validation_context": {
            "trusted_ca": {"filename": str(tls.ca)},
            "match_typed_subject_alt_names": [names],
        },
    }
    if tls.certificate:
        context["tls_certificates"] = [
            {
                "certificate_chain": {"filename": str(tls.certificate)},
                "private_key": {"filename": str(tls.key)},
            }
        ]
    config = {"@type": f"type.googleapis.com/{kind}", "common_tls_context": context}
    if not _is_ip(host):
        config["sni"] = host
    return {"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": config}}


def _checked(check: dict[str, Any], panic_percent: int) -> dict[str, Any]:
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
                "interval": HEALTH_INTERVAL,
                "no_traffic_interval": HEALTH_INTERVAL,
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
