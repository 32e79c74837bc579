"""Envoy's admin interface on a unix socket of this user, and its metrics on a port.

The admin interface can stop Envoy, so no port leads to it; `services.edge.envoy.drain` uses it.
"""

from pathlib import Path
from typing import Any

CLUSTER = "admin"
_METRICS = "/stats/prometheus"
_SERVICE = r"^cluster\.[^.]+\.grpc\.((enrayon\.\w+\.v\d+\.\w+)\.)"
_METHOD = r"^cluster\.[^.]+\.grpc\.enrayon\.\w+\.v\d+\.\w+\.((\w+)\.)"
_OWN_LABELS = {"grpc_service": _SERVICE, "grpc_method": _METHOD}
_LABELS = (
    "envoy.cluster_name",
    "envoy.http_conn_manager_prefix",
    "envoy.listener_address",
    "envoy.response_code",
    "envoy.response_code_class",
    "envoy.worker_id",
)
"""Envoy's own labels that occur here. Its label for gRPC does not allow dots in a service's name,
so `_OWN_LABELS` replaces it."""
_PATHS = ("/ready", "/stats", "/healthcheck/fail", "/drain_listeners")


def admin(socket: Path) -> dict[str, Any]:
    """The `admin` of the bootstrap."""
    return {
        "address": {"pipe": {"path": str(socket), "mode": 0o600}},
        "allow_paths": [{"prefix": path} for path in _PATHS],
    }


def stats_config() -> dict[str, Any]:
    """The `stats_config` of the bootstrap: the parts of a metric's name that become labels."""
    own = [{"tag_name": name, "regex": regex} for name, regex in _OWN_LABELS.items()]
    return {
        "use_all_default_tags": False,
        "stats_tags": [*own, *({"tag_name": name} for name in _LABELS)],
    }


def metrics_routes() -> list[dict[str, Any]]:
    """The routes of the metrics port: `/ready` and the metrics."""
    return [
        {"match": {"path": path}, "route": {"cluster": CLUSTER}} for path in ("/ready", _METRICS)
    ]


def admin_cluster(socket: Path) -> dict[str, Any]:
    """The cluster of those routes: the admin interface."""
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(socket)}}}}
    return {
        "name": CLUSTER,
        "type": "STATIC",
        "load_assignment": {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
