"""Every method has its row, and the rows say what a retailer would expect."""

import re

import pytest
from buf.validate import validate_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from services.chassis.access.policy import At, Counted, Role, Where, is_in_scope, short_name
from services.chassis.messages.masks import has_path
from services.client.contracts import CONTRACTS
from services.policy import LOOK_UP, POLICY, SEARCH, joined, rows

METHODS: dict[str, MethodDescriptor] = {
    f"/{service.full_name}/{method.name}": method
    for service in CONTRACTS
    for method in service.methods
}
SIGN_IN = "/enrayon.access.v1.AccessService/OpenSession"
OWN = ("events", "access")


def names(role: Role) -> set[str]:
    return {".".join(short_name(path)) for path, rule in POLICY.items() if rule.role is role}


def only_reads(path: str) -> bool:
    level = METHODS[path].GetOptions().idempotency_level
    return level == MethodOptions.NO_SIDE_EFFECTS


def test_every_method_has_a_row():
    assert set() == METHODS.keys() - POLICY.keys()


def test_every_row_has_a_method():
    assert set() == POLICY.keys() - METHODS.keys()


def test_a_second_row_for_a_method_is_refused():
    with pytest.raises(ValueError, match=r"more than one row for .*AisleService/ListAisles"):
        joined(
            rows("aisle", ListAisles=LOOK_UP, GetFloorPlan=LOOK_UP),
            rows("aisle", ListAisles=SEARCH),
        )


def test_nobody_changes_anything_without_a_key_but_its_own_session_by_a_link():
    assert [SIGN_IN] == [
        path for path, rule in POLICY.items() if rule.role is Role.PUBLIC and not only_reads(path)
    ]


def test_a_web_page_may_search_stock_hold_and_report_and_nothing_else():
    assert {
        "stock.GetStockLevels",
        "stock.BatchGetStockLevels",
        "stock.ListStoresWithStock",
        "stock.FindNearestAvailability",
        "stock.FindPickupOptions",
        "stock.ListPickupSlots",
        "stock.CreateReservation",
        "stock.GetReservation",
        "stock.CancelReservation",
        "stock.UpdateReservation",
        "stock.ListReservations",
        "stock.GetPickupCode",
        "aisle.SubmitPlacementFeedback",
    } == names(Role.PAGE)


def test_a_hold_of_a_page_is_limited():
    assert ["/enrayon.stock.v1.StockService/CreateReservation"] == [
        path for path, rule in POLICY.items() if rule.is_hold
    ]


def test_staff_may_do_anywhere_what_shows_nothing_of_others():
    """Beyond what everybody may: a new method is closed to staff until somebody decides.

    Subscriptions are their caller's own, and have the scope of staff; a session is its own.
    """
    assert {
        "stock.GetStockLevels",
        "stock.BatchGetStockLevels",
        "stock.ListStoresWithStock",
        "stock.FindNearestAvailability",
        "stock.FindPickupOptions",
        "stock.ListPickupSlots",
    } == {
        ".".join(short_name(path))
        for path, rule in POLICY.items()
        if rule.role is not Role.PUBLIC and rule.staff is Where.ANYWHERE
    } - {".".join(short_name(path)) for path in POLICY if short_name(path)[0] in OWN}


def pattern(path: str, field: str) -> str:
    """The pattern that the contract has for a field of a method's request."""
    message = METHODS[path].input_type
    *parents, last = field.split(".")
    for parent in parents:
        inner = message.fields_by_name[parent].message_type
        assert inner
        message = inner
    options = message.fields_by_name[last].GetOptions()
    return str(options.Extensions[validate_pb2.field].string.pattern)


def test_each_rule_of_staff_names_fields_of_stores():
    at = {path: rule.staff for path, rule in POLICY.items() if isinstance(rule.staff, At)}
    fields = {
        (path, field) for path, staff in at.items() for field in (staff.field, staff.other) if field
    }
    assert {"VerifyReceipt"} == {
        short_name(path)[1] for path, staff in at.items() if not staff.field
    }
    assert fields
    assert [] == [each for each in fields if not pattern(*each).startswith("^stores/[a-z0-9]")]


def test_what_belongs_to_callers_is_hidden_from_staff_elsewhere():
    """Each method about one hold or one trip, and no other."""
    owned = re.compile(r"\^stores/.*/(reservations|trips)/")
    at = {path: rule.staff for path, rule in POLICY.items() if isinstance(rule.staff, At)}
    hides = {path for path, staff in at.items() if staff.hides}

    assert hides == {
        path
        for path, staff in at.items()
        if staff.field and owned.match(pattern(path, staff.field))
    }
    assert hides == {
        path
        for path, method in METHODS.items()
        for field in ("name", "reservation.name")
        if has_path(method.input_type, field) and owned.match(pattern(path, field))
    }


def test_what_lasts_is_for_known_callers():
    streams = [p for p, m in METHODS.items() if m.client_streaming or m.server_streaming]
    assert streams
    assert [] == [path for path in streams if POLICY[path].role < Role.CHANNEL]


def test_no_public_method_asks_redis_to_be_counted():
    """So that a nearest query makes no call of Redis, and is answered without it.

    Tries to sign in are counted by all together, and are few.
    """
    public = {path for path, rule in POLICY.items() if rule.role is Role.PUBLIC}
    assert {Counted.HERE} == {POLICY[path].counted for path in public - {SIGN_IN}}
    assert [SIGN_IN] == [path for path, rule in POLICY.items() if rule.is_sign_in]


def test_what_reads_is_counted_here_and_answered_without_redis():
    counted = [p for p, rule in POLICY.items() if rule.counted is Counted.TOGETHER]
    assert counted
    assert [] == [path for path in counted if only_reads(path)]


def test_scopes_are_services_and_methods():
    adjust = "/enrayon.stock.v1.StockService/AdjustStock"

    assert ("stock", "AdjustStock") == short_name(adjust)
    assert is_in_scope(adjust, ["stock"])
    assert is_in_scope(adjust, ["hours", "stock.AdjustStock"])
    assert not is_in_scope(adjust, ["stock.Adjust", "AdjustStock", "stores"])
