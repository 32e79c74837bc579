"""Writes the Grafana dashboard, `dashboard.json`, from a table of panels and their queries."""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

TARGET = Path(__file__).with_name("dashboard.json")
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, GLANCE, COLUMNS = 8, 7, 4, 24


TOP = 10
"""Lines of a graph with one for each method, subscription or server."""
GOOD, FAIR, BAD = "green", "orange", "red"


class Panel(NamedTuple):
    """A graph, or a number if it is `at_a_glance`."""

    title: str
    description: str
    queries: dict[str, str]
    """By their legend."""
    unit: str = "short"
    """As Grafana names it."""
    steps: tuple[tuple[float | None, str], ...] = ()
    """Thresholds: each colour from a value on, the first from the least."""
    at_a_glance: bool = False


def top(query: str) -> str:
    """The greatest of the lines of a query."""
    return f"topk({TOP}, {query})"


ROWS = {
    "At a glance": [
        Panel(
            "Calls that succeed",
            "Answers without a fault of ours, of all calls. Refusals of bad requests are answers.",
            {
                "": "1 - (sum(rate(enrayon_requests_total"
                '{code=~"UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL|UNKNOWN|DATA_LOSS"}'
                "[$__rate_interval])) or vector(0)) "
                "/ sum(rate(enrayon_requests_total[$__rate_interval]))"
            },
            "percentunit",
            ((None, BAD), (0.99, FAIR), (0.999, GOOD)),
            at_a_glance=True,
        ),
        Panel(
            "Slowest hundredth",
            "One call in a hundred takes longer. Streams and calls that read all data are left "
            "out.",
            {
                "": "histogram_quantile(0.99, sum by (le) (rate(enrayon_request_seconds_bucket"
                '{method!~".*/(Watch|Stream|Upsert|Set|Reconcile).*"}[$__rate_interval])))'
            },
            "s",
            ((None, GOOD), (0.2, FAIR), (0.5, BAD)),
            at_a_glance=True,
        ),
        Panel(
            "Age of the data",
            "Age of the last proof that what answers come from is current; the oldest of all.",
            {"": "max(enrayon_feed_lag_seconds)"},
            "s",
            ((None, GOOD), (10, FAIR), (60, BAD)),
            at_a_glance=True,
        ),
        Panel(
            "Holds that are collected",
            "Holds collected of the holds made, within the shown time. Holds still live count as "
            "not collected.",
            {
                "": 'sum(increase(enrayon_stock_hold_changes_total{action="collect",outcome="done"}'
                "[$__range])) "
                '/ sum(increase(enrayon_stock_holds_total{outcome="new"}[$__range]))'
            },
            "percentunit",
            ((None, BAD), (0.5, FAIR), (0.8, GOOD)),
            at_a_glance=True,
        ),
        Panel(
            "Unmet demand",
            "Searches for a product that no store near by could serve, an hour. "
            "ListUnmetDemand tells the products and the places.",
            {"": "sum(rate(enrayon_stock_unmet_searches_total[$__rate_interval])) * 3600"},
            "short",
            ((None, GOOD), (100, FAIR), (1000, BAD)),
            at_a_glance=True,
        ),
    ],
    "Calls": [
        Panel(
            "Calls a second",
            "Calls answered, by method; the ten most frequent.",
            {"{{method}}": top("sum by (method) (rate(enrayon_requests_total[$__rate_interval]))")},
            "reqps",
        ),
        Panel(
            "Errors a second",
            "Calls answered with an error, by its code. INTERNAL is a bug; the logs have its "
            "traceback.",
            {
                "{{code}}": "sum by (code) "
                '(rate(enrayon_requests_total{code!="OK"}[$__rate_interval]))'
            },
            "reqps",
        ),
        Panel(
            "Time of calls",
            "The middle and the slowest hundredth of calls, by method; the ten slowest.",
            {
                f"{quantile} {{{{method}}}}": top(
                    f"histogram_quantile({quantile}, sum by (le, method) "
                    "(rate(enrayon_request_seconds_bucket[$__rate_interval])))"
                )
                for quantile in (0.5, 0.99)
            },
            "s",
        ),
        Panel(
            "Calls running",
            "Calls being answered now, by method; the ten with most. A line that grows is a "
            "server that is too slow.",
            {"{{method}}": top("sum by (method) (enrayon_requests_running)")},
        ),
        Panel(
            "Answers of the edge",
            "Answers of Envoy by class. 4xx are requests that were refused, 5xx are ours.",
            {
                "{{envoy_response_code_class}}xx": "sum by (envoy_response_code_class) "
                '(rate(envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="edge"}'
                "[$__rate_interval]))"
            },
            "reqps",
        ),
        Panel(
            "Servers that the edge finds healthy",
            "Servers of the services that Envoy sends calls to.",
            {"{{instance}}": 'envoy_cluster_membership_healthy{envoy_cluster_name="services"}'},
        ),
    ],
    "Health and memory": [
        Panel(
            "Healthy parts",
            "1 while a part of a process is well, 0 else. `enrayon status` tells why.",
            {"{{instance}} {{part}}": "enrayon_part_well"},
        ),
        Panel(
            "Records in memory",
            "Stores, schedules, products, plans and fences that processes answer from.",
            {"{{kind}}": "max by (kind) (enrayon_feed_records)"},
        ),
        Panel(
            "Age of what is in memory",
            "Age of the last proof that records are current. Answers older than a minute raise "
            "an alert.",
            {
                "{{kind}}": "max by (kind) (enrayon_feed_lag_seconds)",
                "stock index": "max(enrayon_stock_shelves_lag_seconds)",
            },
            "s",
        ),
        Panel(
            "Resident memory",
            "Memory of each process; the ten largest.",
            {"{{instance}}": top('process_resident_memory_bytes{job=~"enrayon.*"}')},
            "bytes",
        ),
        Panel(
            "Processor time",
            "Processors that each process keeps busy; the ten busiest. Near 1 a process can do "
            "no more.",
            {
                "{{instance}}": top(
                    'rate(process_cpu_seconds_total{job=~"enrayon.*"}[$__rate_interval])'
                )
            },
            "percentunit",
        ),
        Panel(
            "Time since the last pass of each loop",
            "Age of the last work of each background loop; the ten oldest.",
            {"{{loop}}": top("time() - max by (loop) (enrayon_loop_passed_timestamp_seconds)")},
            "s",
        ),
    ],
    "Database": [
        Panel(
            "Connections to Redis or Valkey",
            "Connections in use and idle, and their limit.",
            {
                "{{state}}": "sum by (state) (enrayon_database_connections)",
                "limit": "sum(enrayon_database_connections_limit)",
            },
        ),
        Panel(
            "Commands that failed",
            "Commands to the database that failed, by error.",
            {"{{error}}": "sum by (error) (rate(enrayon_database_errors_total[$__rate_interval]))"},
            "ops",
        ),
        Panel(
            "Failed passes of loops",
            "Passes of background loops that failed, by loop; the ten worst.",
            {
                "{{loop}}": top(
                    "sum by (loop) (rate(enrayon_loop_failures_total[$__rate_interval]))"
                )
            },
            "ops",
        ),
    ],
    "Stock": [
        Panel(
            "Requests for holds",
            "Holds asked for, by outcome: new, the same again, or why it was refused.",
            {"{{outcome}}": "sum by (outcome) (rate(enrayon_stock_holds_total[$__rate_interval]))"},
            "ops",
        ),
        Panel(
            "Changes of holds",
            "Changes of holds by action and outcome, and holds that ended by themselves; the ten "
            "most frequent.",
            {
                "{{action}} {{outcome}}": top(
                    "sum by (action, outcome) "
                    "(rate(enrayon_stock_hold_changes_total[$__rate_interval]))"
                ),
                "expired": "sum(rate(enrayon_stock_holds_expired_total[$__rate_interval]))",
            },
            "ops",
        ),
        Panel(
            "Alerts",
            "Stock alerts that fired, and the age of the oldest movement not yet matched with "
            "them.",
            {
                "fired a second": "sum(rate(enrayon_stock_alerts_fired_total[$__rate_interval]))",
                "behind, in seconds": "max(enrayon_stock_alerts_lag_seconds)",
            },
        ),
    ],
    "Geofences": [
        Panel(
            "Fixes",
            "Positions reported, by outcome.",
            {
                "{{outcome}}": "sum by (outcome) "
                "(rate(enrayon_geofence_fixes_total[$__rate_interval]))"
            },
            "ops",
        ),
        Panel(
            "Events",
            "Events of fences and trips, by type; the ten most frequent.",
            {
                "{{type}}": top(
                    "sum by (type) (rate(enrayon_geofence_events_total[$__rate_interval]))"
                )
            },
            "ops",
        ),
        Panel(
            "Messages of rules",
            "Messages that rules sent or withheld, by outcome.",
            {
                "{{outcome}}": "sum by (outcome) "
                "(rate(enrayon_geofence_rule_messages_total[$__rate_interval]))"
            },
            "ops",
        ),
        Panel(
            "Registered devices by key",
            "Devices with consent, by the API key that registered them; the ten with most.",
            {"{{key}}": top("max by (key) (enrayon_geofence_people)")},
        ),
        Panel(
            "Events to be delivered",
            "Events that wait, are queued after a failure, or were given up, by subscription; "
            "the ten with most.",
            {
                "behind {{subscription}}": top("max by (subscription) (enrayon_events_lag)"),
                "queued {{subscription}}": top("max by (subscription) (enrayon_events_queued)"),
                "dead {{subscription}}": top("max by (subscription) (enrayon_events_dead)"),
            },
        ),
        Panel(
            "Age of the oldest undelivered event",
            "Wait of the oldest event, by subscription; the ten oldest.",
            {"{{subscription}}": top("max by (subscription) (enrayon_events_oldest_s)")},
            "s",
        ),
        Panel(
            "Deliveries",
            "Events that webhooks accepted, and attempts after the first.",
            {
                "delivered": "sum(rate(enrayon_events_delivered_total[$__rate_interval]))",
                "retried": "sum(rate(enrayon_events_retries_total[$__rate_interval]))",
            },
            "ops",
        ),
        Panel(
            "Events that were not delivered",
            "Events past their time, unreadable, or dropped to make room.",
            {
                "{{type}} past its time": "sum by (type) "
                "(increase(enrayon_events_expired_total[$__rate_interval]))",
                "unreadable": "sum(increase(enrayon_events_unreadable_total[$__rate_interval]))",
                "dropped by stock": "max(delta(enrayon_stock_events_dropped[$__rate_interval]))",
            },
        ),
        Panel(
            "Subscriptions that get nothing",
            "Subscriptions suspended after failures, and places in the stream that expired.",
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
        width = COLUMNS // len(graphs) if graphs[0].at_a_glance else WIDTH
        height = GLANCE if graphs[0].at_a_glance else HEIGHT
        for number, graph in enumerate(graphs):
            down, across = divmod(number, COLUMNS // width)
            place = {"x": across * width, "y": y + down * height, "w": width, "h": height}
            panels.append(_panel(graph, len(panels) + 1, place))
        y += -(-len(graphs) // (COLUMNS // width)) * height
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
    defaults: dict[str, Any] = {"unit": graph.unit}
    options: dict[str, Any] = {}
    if graph.steps:
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in graph.steps],
        }
    if graph.at_a_glance:
        defaults["color"] = {"mode": "thresholds"}
        defaults["noValue"] = "none yet"
        calcs = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        options = {"colorMode": "background", "graphMode": "area", "reduceOptions": calcs}
    elif graph.steps:
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return {
        "type": "stat" if graph.at_a_glance else "timeseries",
        "title": graph.title,
        "description": graph.description,
        "id": id,
        "gridPos": place,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
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
