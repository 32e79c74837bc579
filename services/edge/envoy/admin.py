"""Envoy's own interface, on a unix socket that only this user opens, and its metrics on a port.

Whoever can ask it can stop Envoy, so that no port leads to it; `services.edge.envoy.drain` asks it.
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
"""Those of Envoy's own that there is something for; its label of gRPC takes no dots in a name."""
_PATHS = ("/ready", "/stats", "/healthcheck/fail", "/drain_listeners")


def admin(socket: Path) -> dict[str, Any]:
    """The `admin` of the bootstrap."""
    return {
        "address": {"pipe": {"path": str(socket), "mode": 0o600}},
        "allow_paths": [{"prefix": path} for path in _PATHS],
    }


def stats_config() -> dict[str, Any]:
    """The `stats_config` of the bootstrap: which parts of a metric's name are labels."""
    own = [{"tag_name": name, "regex": regex} for name, regex in _OWN_LABELS.items()]
    return {
        "use_all_default_tags": False,
        "stats_tags": [*own, *({"tag_name": name} for name in _LABELS)],
    }


def metrics_routes() -> list[dict[str, Any]]:
    """The routes of the port: whether Envoy runs, and its metrics."""
    return [
        {"match": {"path": path}, "route": {"cluster": CLUSTER}} for path in ("/ready", _METRICS)
    ]


def admin_cluster(socket: Path) -> dict[str, Any]:
    """Where those routes lead."""
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(socket)}}}}
    return {
        "name": CLUSTER,
        "type": "STATIC",
        "load_assignment": {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
