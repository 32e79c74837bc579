"""The running suite exports every metric that an alert or a panel uses."""

import json
import re

from tests.deploy.queries import alerts, metrics, panels
from tests.e2e.suite import wait_until
from tests.support.watched import DEVICE, LATITUDE, LONGITUDE

NOT_OURS = {"up", "kube_cronjob_status_last_successful_time"}
"""Metrics of Prometheus and of kube-state-metrics."""
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def test_every_metric_of_alerts_and_panels_exists(watched):
    queries = [*alerts().values(), *(query for some in panels().values() for query in some)]
    named = set().union(*map(metrics, queries)) - NOT_OURS
    told = watched.metrics()
    # One with labels has no series before its first event, but it has a type.
    families = set(re.findall(r"^# TYPE (\S+)", told, re.MULTILINE))
    families |= {SUFFIX.sub("", line) for line in re.findall(r"^(\w+)[ {]", told, re.MULTILINE)}
    assert set() == {name for name in named if SUFFIX.sub("", name) not in families}


def test_what_was_asked_is_counted_by_method(watched):
    told = watched.page(watched.serve_port, "/metrics")
    method = 'method="/enrayon.stock.v1.StockService/CreateReservation"'
    assert f'enrayon_requests_total{{code="OK",{method}}} 1.0' in told
    assert f"enrayon_request_seconds_count{{{method}}} 1.0" in told
    assert 'enrayon_stock_holds_total{outcome="new"} 1.0' in told
    assert 'enrayon_geofence_fixes_total{outcome="APPLIED"} 1.0' in told
    assert re.search(r'^enrayon_feed_records\{kind="stores"\} [1-9]', told, re.MULTILINE)


def test_the_worker_says_when_its_loops_last_did_their_work(watched):
    loops = {"stock sweep", "stock alerts", "stock ledger"}

    def seen() -> set[str]:
        told = watched.page(watched.work_port, "/metrics")
        return set(re.findall(r'enrayon_loop_passed_timestamp_seconds\{loop="([^"]+)"', told))

    wait_until(lambda: loops <= seen(), lambda: str(seen()))


def test_the_probes_say_that_all_is_well(watched):
    for port in (watched.serve_port, watched.work_port):
        told = json.loads(watched.page(port, "/readyz"))
        assert told["well"]
        assert {"reads", "directory", "database", "writes"} <= set(told["parts"])
        own = {part for part in told["parts"] if part.startswith("enrayon.")}
        fed = {
            "enrayon.aisle.v1.AisleService",
            "enrayon.events.v1.EventsService",
            "enrayon.geofence.v1.GeofenceService",
        }
        assert own == (fed if port == watched.serve_port else set())
    assert json.loads(watched.page(watched.serve_port, "/livez"))["well"]


def test_no_metric_tells_who_or_where(watched):
    told = watched.metrics()
    hold = watched.answers["hold"].json()["name"].rpartition("/")[2]
    subject = watched.answers["position"].json()["result"]["subject"].rpartition("/")[2]
    secrets = [str(LATITUDE), str(LONGITUDE), DEVICE, hold, subject]
    assert [] == [secret for secret in secrets if secret in told]
