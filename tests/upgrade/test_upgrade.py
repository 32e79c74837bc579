"""Data of older versions are taken over: what clients hold goes on working after an upgrade.

The suite starts on a data folder of an older version, and on a restored backup of it, twelve
minutes after the old one stopped: its clock and its database's are moved there. See make.py.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.shims import compiled
from tests.upgrade.moved import answer_of, event_of, today
from tests.upgrade.running import CLOCK, Answer, Suite
from tests.upgrade.upgraded import (
    VERSIONS,
    Upgraded,
    clients_of,
    events_in,
    start_of,
    unpack,
    upgraded_from,
)

PROSE = {"words", "text", "steps"}
"""Fields of words for people, which may change."""
PAGED_ANEW = {
    "aisle.ListAisles",
    "stock.ListStockLevels",
    "stock.SearchProducts",
    "stores.ListStores",
    "stores.SearchStores",
}
"""Lists that v0 paged otherwise: their old tokens may be refused, but lead to no wrong page. So may
those of lists that another service has today."""
SINCE_V0 = frozenset({"page_hold_limits", "hold_open_time", "trip_token", "scope", "types"})
"""Fields that v0 did not have."""
STARTS = [(version, start) for version in VERSIONS for start in ("folder", "backup")]


def only(start: str) -> pytest.MarkDecorator:
    """Runs a test on data folders alone, or on backups alone."""
    starts = [each for each in STARTS if each[1] == start]
    return pytest.mark.parametrize("upgraded", starts, indirect=True, ids=" ".join)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim that moves clocks; the test skips, and says so, where there is no C compiler."""
    shim = compiled(CLOCK, tmp_path_factory.mktemp("clock"))
    if shim is None:
        pytest.skip("a moved clock needs a C compiler, and there is none")
    return shim


@pytest.fixture(scope="module", params=STARTS, ids=" ".join)
def upgraded(
    request: pytest.FixtureRequest, clock: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    """The suite of today on older data."""
    version, start = request.param
    with upgraded_from(version, start, clock, tmp_path_factory.mktemp("upgraded")) as found:
        yield found


def facts(answer: Any, without: frozenset[str] = SINCE_V0.union(PROSE)) -> Any:
    """An answer without some fields, and with its matches in one order.

    Matches of a text that are equally good stand in another order than in v0.
    """
    if isinstance(answer, dict):
        found = {name: facts(each, without) for name, each in answer.items() if name not in without}
        return found | {name: sorted(found[name], key=str) for name in found if name == "matches"}
    return [facts(each, without) for each in answer] if isinstance(answer, list) else answer


def test_every_request_is_answered_as_before(upgraded: Upgraded) -> None:
    for asked in upgraded.held["reads"]:
        answer = upgraded.suite.call(today(asked["method"]), asked["request"], key=asked["key"])
        assert facts(answer_of(asked["method"], asked["answer"])) == facts(answer), asked


def test_page_tokens_continue(upgraded: Upgraded) -> None:
    for asked in upgraded.held["pages"]:
        may_be_refused = asked["method"] in PAGED_ANEW or today(asked["method"]) != asked["method"]
        if may_be_refused and is_invalid(upgraded, asked):
            continue
        answer = upgraded.suite.call(today(asked["method"]), asked["request"], key=asked["key"])
        assert facts(answer_of(asked["method"], asked["answer"])) == facts(answer), asked


def is_invalid(upgraded: Upgraded, asked: Answer) -> bool:
    """Whether a request is refused as invalid."""
    try:
        upgraded.suite.call(today(asked["method"]), asked["request"], key=asked["key"])
    except grpc.RpcError as error:
        return bool(error.code() is grpc.StatusCode.INVALID_ARGUMENT)
    return False


def test_retries_with_a_request_id_make_nothing_new(upgraded: Upgraded) -> None:
    for asked in upgraded.held["retries"]:
        if today(asked["method"]) != asked["method"]:
            continue  # the same request makes a subscription to events of all kinds today
        if upgraded.has_devices or asked["method"] != "geofence.StartTrip":
            answer = upgraded.suite.call(asked["method"], asked["request"], key=asked["key"])
            assert asked["answer"]["name"] == answer["name"], asked


def test_api_keys_open_what_they_opened(upgraded: Upgraded) -> None:
    for key in ("ops", "shop", "till", "till-new"):
        assert "fences" in upgraded.call("geofence.ListFences", key)
    upgraded.suite.keys["wrong"] = upgraded.held["api_keys"]["shop"][:-1] + "~"
    assert grpc.StatusCode.UNAUTHENTICATED is upgraded.refused("geofence.ListFences", "wrong")
    assert grpc.StatusCode.PERMISSION_DENIED is upgraded.refused("stock.ReconcileStock", "shop")


def test_etags_still_match(upgraded: Upgraded) -> None:
    for method, request in upgraded.held["etags"].items():
        upgraded.suite.call(method, request)
        assert grpc.StatusCode.ABORTED is upgraded.refused(method, **request)


def test_resume_tokens_tell_the_missed_changes(upgraded: Upgraded) -> None:
    for name in ("stores", "hours", "reservations"):
        watch = dict(upgraded.held["watches"][name])
        method, told = watch.pop("method"), watch.pop("told")
        with upgraded.suite.stream(method, watch) as answers:
            assert any(told in json.dumps(answer) for answer in answers)


def test_holds_keep_their_states(upgraded: Upgraded) -> None:
    states = {
        "before_the_new_key": "CONFIRMED",
        "confirmed": "CONFIRMED",
        "preparing": "PREPARING",
        "ready": "READY",
        "partly_collected": "CONFIRMED",
        "collected": "COLLECTED",
        "canceled": "CANCELED",
        "short": "EXPIRED",
        "transferred": "CANCELED",
        "transferred_here": "CONFIRMED",
    }
    holds = {
        kind: upgraded.call("stock.GetReservation", "shop", name=name)
        for kind, name in upgraded.held["holds"].items()
    }
    assert {kind: f"STATE_{state}" for kind, state in states.items()} == {
        kind: hold["state"] for kind, hold in holds.items()
    }
    assert holds["transferred_here"]["name"] == holds["transferred"]["transferred_to"]
    assert holds["transferred"]["name"] == holds["transferred_here"]["transferred_from"]
    [collected] = holds["partly_collected"]["items"]
    assert (5, 2) == (collected["held_quantity"], collected["collected_quantity"])
    found = upgraded.call(
        "stock.ListReservations", "shop", parent="stores/up-01", shopper="somebody"
    )
    assert [holds["confirmed"]["name"]] == [hold["name"] for hold in found["reservations"]]


def test_receipts_and_pickup_codes_prove_their_holds(upgraded: Upgraded) -> None:
    receipts = {
        asked["answer"]["name"]: asked["answer"]["receipt"]
        for asked in upgraded.held["retries"]
        if "receipt" in asked["answer"]
    }
    assert set(upgraded.held["holds"].values()) == set(receipts)
    receipts[upgraded.held["holds"]["ready"]] = upgraded.held["pickup_code"]
    for name, receipt in receipts.items():
        moved_to = upgraded.call("stock.GetReservation", name=name).get("transferred_to")
        assert (moved_to or name) == upgraded.call("stock.VerifyReceipt", receipt=receipt)["name"]
        altered = receipt[:-4] + ("aaaa" if receipt[-4:] != "aaaa" else "bbbb")
        assert grpc.StatusCode.INVALID_ARGUMENT is upgraded.refused(
            "stock.VerifyReceipt", receipt=altered
        )


def level(upgraded: Upgraded, product: str, store: str = "stores/up-01") -> Answer:
    """The level of a product at a store."""
    [found] = upgraded.call("stock.GetStockLevels", store=store, products=[product])["levels"]
    return dict(found)


def test_a_hold_gets_a_short_code_and_its_place_in_the_queue(upgraded: Upgraded) -> None:
    name = upgraded.held["holds"]["ready"]
    parent = name.partition("/reservations/")[0]
    code = upgraded.call("stock.GetPickupCode", key="shop", name=f"{name}/pickupCode")["code"]
    assert name == upgraded.call("stock.FindReservationByCode", parent=parent, code=code)["name"]
    queue = upgraded.call("stock.ListPickupQueue", parent=parent)["entries"]
    assert name in {entry["reservation"]["name"] for entry in queue}


def test_a_ready_hold_is_collected(upgraded: Upgraded) -> None:
    hold = upgraded.call("stock.VerifyReceipt", receipt=upgraded.held["pickup_code"])
    [item] = hold["items"]
    before = level(upgraded, item["product"])
    assert item["held_quantity"] == before["reserved"]
    done = upgraded.call("stock.CollectReservation", "shop", name=hold["name"])
    assert "STATE_COLLECTED" == done["state"]
    after = level(upgraded, item["product"])
    assert (before["on_hand"] - item["held_quantity"], 0) == (after["on_hand"], after["reserved"])


def test_a_hold_that_expired_meanwhile_holds_nothing(upgraded: Upgraded) -> None:
    name = upgraded.held["holds"]["short"]
    [item] = upgraded.call("stock.GetReservation", name=name)["items"]
    found = level(upgraded, item["product"])
    assert (0, found["on_hand"] - found["safety_stock"]) == (found["reserved"], found["available"])


def test_a_request_id_serves_no_other_request(upgraded: Upgraded) -> None:
    [asked] = (r for r in upgraded.held["retries"] if r["request"]["request_id"] == "hold-ready")
    other = {**asked["request"], "items": [{"product": "products/sku-20", "quantity": 1}]}
    assert grpc.StatusCode.ALREADY_EXISTS is upgraded.refused(
        "stock.CreateReservation", "shop", **other
    )


def test_a_shopper_at_the_limit_gets_no_more_holds(upgraded: Upgraded) -> None:
    found = upgraded.call("stock.ListReservations", "shop", parent="stores/up-07")["reservations"]
    wish = {
        "parent": "stores/up-08",
        "items": [{"product": "products/sku-20", "quantity": 1}],
        "shopper": found[0]["shopper"],
    }
    full = upgraded.refused("stock.CreateReservation", "shop", **wish)
    assert grpc.StatusCode.RESOURCE_EXHAUSTED is full
    upgraded.call("stock.CancelReservation", "shop", name=found[0]["name"])
    assert "name" in upgraded.call("stock.CreateReservation", "shop", **wish)


def test_feeds_continue_at_their_sequence(upgraded: Upgraded) -> None:
    event = upgraded.held["feed"]
    again = upgraded.call("stock.AdjustStock", **event)
    assert (0, 1) == (again.get("applied_count", 0), again["ignored_count"])
    following = upgraded.call("stock.AdjustStock", **{**event, "sequence": event["sequence"] + 1})
    assert 1 == following["applied_count"]
    late = {
        "store": event["store"],
        "source": "erp",
        "sequence": 9,
        "levels": [{"product": "products/sku-03", "on_hand": 1}],
    }
    assert 1 == upgraded.suite.send("stock.SetStockLevels", [late])["ignored_count"]


def test_the_ledger_keeps_its_movements_and_has_no_drift(upgraded: Upgraded) -> None:
    with upgraded.suite.stream("stock.ExportStockMovements") as answers:
        found = [each for answer in answers for each in answer.get("movements", [])]
    assert [] == [each for each in upgraded.held["movements"] if each not in found]
    drift, before = upgraded.call("stock.ReconcileStock"), upgraded.held["reconciled"]
    assert before["level_count"] == drift["level_count"]
    assert 0 == int(drift.get("drift_count", 0)), drift


def test_a_waiting_alert_fires_once(upgraded: Upgraded) -> None:
    waiting, fired = upgraded.held["alert_waiting"], upgraded.held["alert_fired"]
    filters = {"types": ["alert.fired", "alert.expired"]}
    upgraded.call(
        "events.CreateSubscription",
        key="shop",
        subscription={"filter": filters},
        subscription_id="alerts",
    )
    for sequence in (2, 3):
        upgraded.call(
            "stock.AdjustStock",
            store="stores/up-06",
            source="till-1",
            sequence=sequence,
            deltas=[{"product": waiting["product"], "delta": 4}],
        )

    def found(alert: dict[str, str]) -> Any:
        told = upgraded.call("stock.GetStockAlert", key="shop", name=alert["name"])
        return told.get("finding")

    for alert in (fired, waiting):  # the first was told to a stream that has ended
        finding = upgraded.suite.until(partial(found, alert))
        [item] = finding["items"]
        assert ("stores/up-06", alert["product"]) == (finding["store"], item["product"])
        assert 2 <= item["quantity"]
    request = {"subscription": "subscriptions/alerts"}
    with upgraded.suite.stream("events.StreamEvents", request, key="shop") as answers:
        told = events_in(answers.rest(events_in))
    assert [waiting["name"]] == [each["event"]["subject"] for each in told]


def test_a_reader_resumes_after_its_acknowledgements(upgraded: Upgraded) -> None:
    waiting = {
        told["event"]["event_id"]: told | {"event": event_of(told["event"])}
        for told in upgraded.held["cursor"]["waiting"]
    }
    found = upgraded.events("cursor", lambda told: len(told) == len(waiting))
    assert {id: told["event"] for id, told in waiting.items()} == {
        told["event"]["id"]: told["event"] for told in found
    }
    numbers: dict[str, list[int]] = {}
    for told in found:
        numbers.setdefault(told["event"]["subject"], []).append(told["event"]["data"]["number"])
    assert all(sorted(each) == each for each in numbers.values())

    request = {"subscription": "subscriptions/cursor"}
    tokens = [told["ack_token"] for told in waiting.values()]  # those of the older version
    upgraded.call("events.AckEvents", **request, ack_tokens=tokens)
    with upgraded.suite.stream("events.StreamEvents", request) as answers:
        assert [{}] == answers.rest(bool)


def test_a_webhook_gets_its_queue_and_dead_letters_with_its_signatures(upgraded: Upgraded) -> None:
    assert upgraded.webhook["disabled"]
    assert upgraded.hook.uri != upgraded.webhook["webhook"]["uri"]
    letters = upgraded.call("events.ListDeadLetters", parent="subscriptions/hook")
    dead = [letter["event"]["id"] for letter in letters["dead_letters"]]
    assert upgraded.held["dead_letters"] == dead
    upgraded.suite.until(lambda: len(upgraded.hook.taken) >= 2)
    replayed = upgraded.call("events.ReplayDeadLetters", parent="subscriptions/hook")
    assert len(dead) == replayed["replayed_count"]
    upgraded.suite.until(lambda: len(upgraded.hook.taken) >= 2 + len(dead))
    posts = list(upgraded.hook.taken)
    events = [json.loads(post.body) for post in posts]
    assert [2, 3, 4, 5, 6] == [event["data"]["number"] for event in events]
    assert {"1.0"} == {event["specversion"] for event in events}
    assert {upgraded.held["devices"]["posted"]["subject"]} == {e["subject"] for e in events}
    assert dead == [post.headers["webhook-id"] for post in posts[2:]]
    assert not {*upgraded.held["delivered"]} & {post.headers["webhook-id"] for post in posts}
    for post in posts:
        at = dt.datetime.fromtimestamp(int(post.headers["webhook-timestamp"]), dt.UTC)
        signed = {
            Webhook(secret).sign(post.headers["webhook-id"], at, post.body.decode())
            for secret in upgraded.held["webhook_secrets"]
        }
        assert signed == set(post.headers["webhook-signature"].split())


@only("folder")
@pytest.mark.parametrize("device", ["inside", "before_the_new_key", "in_store", "outside"])
def test_a_device_continues_its_visit(upgraded: Upgraded, device: str) -> None:
    noted = upgraded.held["devices"][device]
    again, older = upgraded.report(device), upgraded.report(device, device_time=earlier(noted))
    assert {"outcome": "OUTCOME_DUPLICATE", "subject": noted["subject"]} == again
    assert {"outcome": "OUTCOME_LATE", "subject": noted["subject"]} == older
    moved = upgraded.report(device, "inside" if device == "outside" else "outside")
    assert noted["subject"] == moved["subject"]
    [event] = moved["events"]
    kind = "ENTER" if device == "outside" else "EXIT"
    assert f"EVENT_TYPE_{kind}" == event["event_type"]
    assert (noted["fence"], noted["events"] + 1) == (event["fence"], int(event["number"]))
    if kind == "EXIT":
        assert noted["last_event_time"] == event["inside_since_time"]


def earlier(noted: Answer) -> str:
    """A moment before the last fix of a device."""
    last = dt.datetime.fromisoformat(noted["last_fix"]["device_time"])
    return (last - dt.timedelta(seconds=30)).isoformat()


@only("folder")
def test_timers_fire_once_and_without_a_fix(upgraded: Upgraded) -> None:
    dwelling, leaving = (upgraded.held["devices"][name] for name in ("dwelling", "leaving"))
    upgraded.events("timers", lambda told: len(told) == 4)
    assert "events" not in upgraded.report("dwelling", "inside")
    [left] = upgraded.report("dwelling", "outside")["events"]
    assert ("EVENT_TYPE_EXIT", dwelling["events"] + 2) == (left["event_type"], int(left["number"]))
    found = [told["event"] for told in upgraded.events("timers", lambda told: len(told) == 5)]
    assert [
        ("fence.enter", "FIX", dwelling["events"]),
        ("fence.dwell", "TIME", dwelling["events"] + 1),
        ("fence.exit", "FIX", dwelling["events"] + 2),
    ] == told_of(found, dwelling["subject"])
    assert [
        ("fence.enter", "FIX", leaving["events"]),
        ("fence.exit", "TIME", leaving["events"] + 1),
    ] == told_of(found, leaving["subject"])


def told_of(events: list[Answer], subject: str) -> list[tuple[str, str, int]]:
    """Type, cause and number of the events of a subject."""
    return [
        (
            event["type"],
            event["data"]["cause"].removeprefix("CAUSE_"),
            event["data"]["number"],
        )
        for event in events
        if event["subject"] == subject
    ]


@only("folder")
def test_earlier_visits_count_for_the_frequency_cap(upgraded: Upgraded) -> None:
    [event] = upgraded.report("capped", "inside")["events"]
    assert ("EVENT_TYPE_ENTER", "MUTE_FREQUENCY") == (event["event_type"], event.get("mute"))


@only("folder")
def test_trips_arrive_and_complete_and_prepare_the_order_once(upgraded: Upgraded) -> None:
    trips = upgraded.held["trips"]
    states = {
        kind: upgraded.call("geofence.GetTrip", "shop", name=trip["name"])["state"]
        for kind, trip in trips.items()
        if kind != "erased"
    }
    assert {kind: f"STATE_{kind.upper()}" for kind in states} == states
    arrivals = upgraded.call("geofence.ListArrivals", "shop", parent="stores/up-12")["arrivals"]
    assert trips["arrived"]["name"] == arrivals[0]["trip"]["name"]
    assert "B2" == arrivals[0]["trip"]["bay"]
    assert 12 * 60 <= float(arrivals[0]["waiting_time"].removesuffix("s"))

    shop = upgraded.call("stores.GetStore", name="stores/up-10")["location"]
    for kind in ("started", "approaching"):
        now = upgraded.suite.now().isoformat()
        result = upgraded.report(f"trip-{kind}", location=shop, device_time=now)
        assert trips[kind]["subject"] == result["subject"]
        trip = upgraded.call("geofence.GetTrip", "shop", name=trips[kind]["name"])
        assert "STATE_ARRIVED" == trip["state"]
    for kind in ("started", "approaching", "arrived"):
        done = upgraded.call("geofence.CompleteTrip", "shop", name=trips[kind]["name"])
        assert "STATE_COMPLETED" == done["state"]

    def ended(found: list[Answer]) -> bool:
        names = [told["event"]["type"] for told in found]
        return names.count("trip.completed") == 4

    events = [told["event"] for told in upgraded.events("trips", ended)]
    for kind in ("started", "approaching", "arrived"):
        told = [kind for kind, _, _ in told_of(events, trips[kind]["subject"])]
        assert ["trip.started", "trip.completed"] == [told[0], told[-1]]
        assert (1, 1) == (told.count("trip.arrived"), told.count("trip.prepare"))
        assert len(told) == len(set(told))


@only("folder")
def test_a_device_is_erased(upgraded: Upgraded) -> None:
    device = upgraded.held["devices"]["erased"]
    erase = {"device_id": device["device_id"]}
    assert {"found": True} == upgraded.call("geofence.EraseDevice", "shop", **erase)
    assert {} == upgraded.call("geofence.EraseDevice", "shop", **erase)
    trip = upgraded.held["trips"]["erased"]["name"]
    assert grpc.StatusCode.NOT_FOUND is upgraded.refused("geofence.GetTrip", "shop", name=trip)
    [entered] = upgraded.report("erased", "inside")["events"]
    assert device["subject"] != entered["subject"]
    assert ("EVENT_TYPE_ENTER", "1") == (entered["event_type"], entered["number"])


@only("backup")
def test_a_backup_has_no_positions_and_trips(upgraded: Upgraded) -> None:
    for device in ("inside", "before_the_new_key"):
        [entered] = upgraded.report(device, "inside")["events"]
        assert upgraded.held["devices"][device]["subject"] != entered["subject"]
        assert ("EVENT_TYPE_ENTER", "1") == (entered["event_type"], entered["number"])
    for trip in upgraded.held["trips"].values():
        assert grpc.StatusCode.NOT_FOUND is upgraded.refused(
            "geofence.GetTrip", "shop", name=trip["name"]
        )


def test_printed_anchors_resolve(upgraded: Upgraded) -> None:
    for kind, anchor in upgraded.held["anchors"].items():
        for scanned in (anchor["url"], anchor["token"]):
            if kind == "gone":
                code = upgraded.refused("aisle.ResolveAnchor", "", token=scanned)
                assert grpc.StatusCode.FAILED_PRECONDITION is code
                continue
            found = upgraded.call("aisle.ResolveAnchor", "", token=scanned)
            assert anchor["name"] == found["name"]
            assert anchor["position"] == found["position"]
        altered = anchor["token"][:-4] + "aaaa"
        code = upgraded.refused("aisle.ResolveAnchor", "", token=altered)
        assert grpc.StatusCode.INVALID_ARGUMENT is code


def test_feedback_of_the_day_still_counts(upgraded: Upgraded) -> None:
    reported = upgraded.held["feedback"]
    again = upgraded.call("aisle.SubmitPlacementFeedback", "shop", **reported["request"])
    assert facts(reported["answer"]) == facts(again)
    third = {**reported["request"], "request_id": "feedback-2"}
    full = upgraded.refused("aisle.SubmitPlacementFeedback", "shop", **third)
    assert grpc.StatusCode.RESOURCE_EXHAUSTED is full


@pytest.mark.parametrize("version", VERSIONS)
def test_snapshots_answer_without_a_database(version: str, clock: Path, tmp_path: Path) -> None:
    held = clients_of(version)
    unpack(version, tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "valkey")
    nowhere = {"ENRAYON_DATABASE_URL": f"unix://{tmp_path}/nobody.sock"}
    with Suite(tmp_path / "data", clock, start_of(held), **nowhere) as suite:
        suite.serve("stores", "hours", "aisle")
        dated, stopped = 0, dt.datetime.fromisoformat(held["saved_at"])
        for asked in held["reads"]:
            if asked["key"]:
                continue
            answer = suite.call(asked["method"], asked["request"], key="")
            dated += "as_of" in answer
            assert facts(asked["answer"]) == facts(answer, SINCE_V0.union(PROSE, {"as_of"})), asked
            if "as_of" in answer:
                assert dt.datetime.fromisoformat(answer["as_of"]) <= stopped
        assert dated > 10
