"""Where requests go: the services by gRPC, the application by HTTP, both asked if they are well."""

import ipaddress
from pathlib import Path
from typing import Any, NamedTuple

BUFFER_BYTES = 32 * 1024
CALLS, STREAMS = 1024, 65_536
"""That may be under way at once, unless told otherwise."""
APP_IDLE_S = 60
"""How long a connection to an application is kept unused. It must keep them for longer itself:
a request on a connection that it is just closing gets no answer."""
HEALTH_INTERVAL = "1s"
"""Often: a server that is told to stop says so, and lingers a few seconds."""
_RETRIES = {"retry_budget": {"budget_percent": {"value": 20}}}


class Address(NamedTuple):
    """A TCP address. A host that is not an IP address is looked up, all its addresses are used."""

    host: str
    port: int


class Tls(NamedTuple):
    """Files (PEM) of a connection by TLS."""

    ca: Path
    """Who signs the certificate of the servers."""
    certificate: Path | None = None
    """What they are shown, if anything."""
    key: Path | None = None


def services_cluster(
    name: str, address: Address, calls: int, tls: Tls | None = None
) -> dict[str, Any]:
    """gRPC servers; those that say they are not well get no calls.

    Calls that come while so many are under way are refused: that takes Envoy a few microseconds,
    and Python as long as a third of an answer.
    """
    secured = _secured(address.host, tls) if tls else {}
    check = _checked({"grpc_health_check": {}}, panic_percent=0)
    return grpc_cluster(name, address, calls) | secured | check


def app_cluster(name: str, address: Address, health_path: str) -> dict[str, Any]:
    """HTTP servers; those that are not well get no requests, unless fewer than half are well:
    a page that comes late is better than none.
    """
    protocol = {
        "common_http_protocol_options": {"idle_timeout": f"{APP_IDLE_S}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    check = _checked({"http_health_check": {"path": health_path}}, panic_percent=50)
    return _cluster(name, address) | _speaking(protocol) | check


def grpc_cluster(name: str, address: Address, calls: int = CALLS) -> dict[str, Any]:
    """gRPC servers, whatever they say."""
    protocol: dict[str, Any] = {"explicit_http_config": {"http2_protocol_options": {}}}
    return _cluster(name, address, calls) | _speaking(protocol)


def socket_address(address: Address) -> dict[str, Any]:
    """An address as Envoy has it."""
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
    told = {"@type": f"type.googleapis.com/{kind}", "common_tls_context": context}
    if not _is_ip(host):
        told["sni"] = host
    return {"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": told}}


def _checked(check: dict[str, Any], panic_percent: int) -> dict[str, Any]:
    return {
        "common_lb_config": {
            "healthy_panic_threshold": {"value": panic_percent},
            # Else a server that is well again gets no calls for up to a second, though the edge
            # says that it is ready.
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
