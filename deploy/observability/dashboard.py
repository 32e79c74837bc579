"""Writes the Grafana dashboard, `dashboard.json`, from a table of panels and their queries."""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

TARGET = Path(__file__).with_name("dashboard.json")
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, COLUMNS = 8, 7, 24


class Panel(NamedTuple):
    """A graph: its title, its queries with the legend of each, and its unit as Grafana names it."""

    title: str
    queries: dict[str, str]
    unit: str = "short"


ROWS = {
    "Calls": [
        Panel(
            "Calls a second",
            {"{{method}}": "sum by (method) (rate(enrayon_requests_total[$__rate_interval]))"},
            "reqps",
        ),
        Panel(
            "Errors a second",
            {
                "{{code}}": "sum by (code) "
                '(rate(enrayon_requests_total{code!="OK"}[$__rate_interval]))'
            },
            "reqps",
        ),
        Panel(
            "Time of calls",
            {
                f"{quantile} {{{{method}}}}": f"histogram_quantile({quantile}, sum by (le, method) "
                "(rate(enrayon_request_seconds_bucket[$__rate_interval])))"
                for quantile in (0.5, 0.99)
            },
            "s",
        ),
        Panel("Calls running", {"{{method}}": "sum by (method) (enrayon_requests_running)"}),
        Panel(
            "Answers of the edge",
            {
                "{{envoy_response_code_class}}xx": "sum by (envoy_response_code_class) "
                '(rate(envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="edge"}'
                "[$__rate_interval]))"
            },
            "reqps",
        ),
        Panel(
            "Servers that the edge finds healthy",
            {"{{instance}}": 'envoy_cluster_membership_healthy{envoy_cluster_name="services"}'},
        ),
    ],
    "Health and memory": [
        Panel("Healthy parts", {"{{instance}} {{part}}": "enrayon_part_well"}),
        Panel("Records in memory", {"{{kind}}": "max by (kind) (enrayon_feed_records)"}),
        Panel(
            "Age of what is in memory",
            {
                "{{kind}}": "max by (kind) (enrayon_feed_lag_seconds)",
                "stock index": "max(enrayon_stock_shelves_lag_seconds)",
            },
            "s",
        ),
        Panel(
            "Resident memory",
            {"{{instance}}": 'process_resident_memory_bytes{job=~"enrayon.*"}'},
            "bytes",
        ),
        Panel(
            "Processor time",
            {"{{instance}}": 'rate(process_cpu_seconds_total{job=~"enrayon.*"}[$__rate_interval])'},
            "percentunit",
        ),
        Panel(
            "Time since the last pass of each loop",
            {"{{loop}}": "time() - max by (loop) (enrayon_loop_passed_timestamp_seconds)"},
            "s",
        ),
    ],
    "Database": [
        Panel(
            "Connections to Redis or Valkey",
            {
                "{{state}}": "sum by (state) (enrayon_database_connections)",
                "limit": "sum(enrayon_database_connections_limit)",
            },
        ),
        Panel(
            "Commands that failed",
            {"{{error}}": "sum by (error) (rate(enrayon_database_errors_total[$__rate_interval]))"},
            "ops",
        ),
        Panel(
            "Failed passes of loops",
            {"{{loop}}": "sum by (loop) (rate(enrayon_loop_failures_total[$__rate_interval]))"},
            "ops",
        ),
    ],
    "Stock": [
        Panel(
            "Requests for holds",
            {"{{outcome}}": "sum by (outcome) (rate(enrayon_stock_holds_total[$__rate_interval]))"},
            "ops",
        ),
        Panel(
            "Changes of holds",
            {
                "{{action}} {{outcome}}": "sum by (action, outcome) "
                "(rate(enrayon_stock_hold_changes_total[$__rate_interval]))",
                "expired": "sum(rate(enrayon_stock_holds_expired_total[$__rate_interval]))",
            },
            "ops",
        ),
        Panel(
            "Alerts",
            {
                "fired a second": "sum(rate(enrayon_stock_alerts_fired_total[$__rate_interval]))",
                "behind, in seconds": "max(enrayon_stock_alerts_lag_seconds)",
            },
        ),
    ],
    "Geofences": [
        Panel(
            "Fixes",
            {
                "{{outcome}}": "sum by (outcome) "
                "(rate(enrayon_geofence_fixes_total[$__rate_interval]))"
            },
            "ops",
        ),
        Panel(
            "Events",
            {"{{type}}": "sum by (type) (rate(enrayon_geofence_events_total[$__rate_interval]))"},
            "ops",
        ),
        Panel(
            "Messages of rules",
            {
                "{{outcome}}": "sum by (outcome) "
                "(rate(enrayon_geofence_rule_messages_total[$__rate_interval]))"
            },
            "ops",
        ),
        Panel("Registered devices by key", {"{{key}}": "max by (key) (enrayon_geofence_people)"}),
        Panel(
            "Events to be delivered",
            {
                "behind {{subscription}}": "max by (subscription) (enrayon_events_lag)",
                "queued {{subscription}}": "max by (subscription) (enrayon_events_queued)",
                "dead {{subscription}}": "max by (subscription) (enrayon_events_dead)",
            },
        ),
        Panel(
            "Age of the oldest undelivered event",
            {"{{subscription}}": "max by (subscription) (enrayon_events_oldest_s)"},
            "s",
        ),
        Panel(
            "Deliveries",
            {
                "delivered": "sum(rate(enrayon_events_delivered_total[$__rate_interval]))",
                "retried": "sum(rate(enrayon_events_retries_total[$__rate_interval]))",
            },
            "ops",
        ),
        Panel(
            "Events that were not delivered",
            {
                "{{type}} past its time": "sum by (type) "
                "(increase(enrayon_events_expired_total[$__rate_interval]))",
                "unreadable": "sum(increase(enrayon_events_unreadable_total[$__rate_interval]))",
                "dropped by stock": "max(delta(enrayon_stock_events_dropped[$__rate_interval]))",
            },
        ),
        Panel(
            "Subscriptions that get nothing",
            {
                "suspended": "max(enrayon_events_suspended)",
                "expired places": "sum(increase("
                "enrayon_events_subscriptions_expired_total[$__rate_interval]))",
            },
        ),
    ],
}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    y = 0
    for row, graphs in ROWS.items():
        place = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
        panels.append({"type": "row", "title": row, "id": len(panels) + 1, "gridPos": place})
        y += 1
        for number, graph in enumerate(graphs):
            down, across = divmod(number, COLUMNS // WIDTH)
            place = {"x": across * WIDTH, "y": y + down * HEIGHT, "w": WIDTH, "h": HEIGHT}
            panels.append(_panel(graph, len(panels) + 1, place))
        y += -(-len(graphs) * WIDTH // COLUMNS) * HEIGHT
    return {
        "title": "enrayon",
        "uid": "enrayon",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }


def _panel(graph: Panel, id: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": graph.title,
        "id": id,
        "gridPos": place,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": graph.unit}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "expr": query, "legendFormat": legend}
            for number, (legend, query) in enumerate(graph.queries.items())
        ],
    }


def encoded() -> str:
    """The file's text."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(encoded())
    sys.stdout.write(f"wrote {TARGET.name}\n")
