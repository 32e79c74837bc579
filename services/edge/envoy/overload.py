"""Envoy's limits of memory and of connections, and the watchdogs of its threads."""

from typing import Any

from services.edge.envoy.counter import EXTENSIONS

MAX_CONNECTIONS = 10_000
MAX_HEAP_BYTES = 1024**3


def overload_manager() -> dict[str, Any]:
    """The `overload_manager` of the bootstrap."""
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


def watchdogs() -> dict[str, Any]:
    """The `watchdogs` of the bootstrap, which count threads that are stuck.

    A thread wakes twice within the shortest of their times, by default ten times a second.
    """
    watchdog = {"miss_timeout": "5s", "megamiss_timeout": "10s"}
    return {"main_thread_watchdog": watchdog, "worker_watchdog": watchdog}


def turns() -> dict[str, Any]:
    """The `layered_runtime` of the bootstrap: connections have their turns.

    Without it a connection with a hundred requests at once holds its worker until all of them are
    taken, and so do the next ones of the same client.
    """
    values = {"http.max_requests_per_io_cycle": 1}
    return {"layers": [{"name": "turns", "static_layer": values}]}
