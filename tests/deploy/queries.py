"""The queries of the alert rules and of the dashboard, and the metrics that they name."""

import json
from pathlib import Path
from typing import Any

import promql_parser
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "observability" / "alerts.yaml").read_text())


def alerts() -> dict[str, str]:
    """Each alert with its expression."""
    return {rule["alert"]: rule["expr"] for group in RULES["groups"] for rule in group["rules"]}


def panels() -> dict[str, list[str]]:
    """Each panel with its queries, the variables of Grafana filled in."""
    dashboard = json.loads((DEPLOY / "observability" / "dashboard.json").read_text())
    return {
        panel["title"]: [
            each["expr"].replace("$__rate_interval", "5m").replace("$__range", "6h")
            for each in panel["targets"]
        ]
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }


def metrics(query: str) -> set[str]:
    """The names of the metrics in a query.

    Raises:
        ValueError: it is no PromQL.
    """
    found: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.add(node.name)
        elif isinstance(node, promql_parser.MatrixSelector):
            visit(node.vector_selector)
        else:
            for name in ("lhs", "rhs", "expr", "param"):
                if (child := getattr(node, name, None)) is not None:
                    visit(child)
            for child in getattr(node, "args", None) or ():
                visit(child)

    visit(promql_parser.parse(query))
    return found
