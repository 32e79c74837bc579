"""Alerts have answers in the runbook, queries are PromQL, the dashboard is up to date."""

import re
import runpy

import pytest

from tests.deploy.queries import DEPLOY, alerts, metrics, panels


@pytest.mark.parametrize("name", alerts())
def test_every_alert_has_its_answer_in_the_runbook(name):
    runbook = (DEPLOY / "runbook.md").read_text()
    [section] = re.findall(rf"^## {name}$(.*?)(?=^## |\Z)", runbook, re.MULTILINE | re.DOTALL)
    for part in ("**Means:**", "**Look at:**", "**Do:**"):
        assert part in section


def test_the_runbook_answers_no_alert_that_there_is_not():
    runbook = (DEPLOY / "runbook.md").read_text()
    assert set(alerts()) == set(re.findall(r"^## (Enrayon\w+)$", runbook, re.MULTILINE))


def test_every_query_is_promql_and_names_a_metric():
    queries = [*alerts().values(), *(query for some in panels().values() for query in some)]
    assert 40 < len(queries)
    assert [] == [query for query in queries if not metrics(query)]


def test_the_dashboard_is_what_its_script_makes():
    folder = DEPLOY / "observability"
    made = runpy.run_path(str(folder / "dashboard.py"))["encoded"]()
    assert (folder / "dashboard.json").read_text() == made


def test_the_first_row_tells_how_it_goes_and_every_panel_what_it_shows():
    dashboard = runpy.run_path(str(DEPLOY / "observability" / "dashboard.py"))["dashboard"]()
    first, *rest = dashboard["panels"]
    assert "At a glance" == first["title"]
    glance = [panel for panel in rest if panel["type"] == "stat"]
    assert 5 == len(glance)
    assert 20 <= sum(panel["gridPos"]["w"] for panel in glance) <= 24
    assert all(len(each["fieldConfig"]["defaults"]["thresholds"]["steps"]) == 3 for each in glance)
    undescribed = [
        each["title"] for each in rest if each["type"] != "row" and not each["description"]
    ]
    assert [] == undescribed


@pytest.mark.parametrize("label", ["method", "subscription", "loop", "key"])
def test_a_graph_with_a_line_for_each_of_many_shows_the_greatest(label):
    drawn = [query for some in panels().values() for query in some if f"({label}" in query]
    assert drawn
    assert [] == [query for query in drawn if not query.startswith("topk(10,")]
