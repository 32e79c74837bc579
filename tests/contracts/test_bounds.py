"""Whatever a request says is bounded by its contract: texts, lists, numbers, enums.

What is not is listed with its reason; a list that names what is bounded by now fails as well.
"""

import datetime as dt
import re

import pytest
from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from geodata.instants import END, FIRST
from services.chassis.serving.requests import violations_of
from tests.contracts.contracts import (
    MESSAGES,
    REQUEST_FIELDS,
    has_message_rules,
    is_map,
    is_ours,
    rules,
)

UNBOUNDED_TEXTS = {
    "stock.v1.StockAlert.name": "not read: the server makes it",
    "hours.v1.Closure.name": "not read: made of `closure_id`",
    "hours.v1.StoreEvent.name": "not read: made of `store_event_id`",
}
UNBOUNDED_LISTS = {
    "stores.v1.UpsertStoresRequest.stores": "a rule of the message: at most 5,000",
    "stock.v1.UpsertProductsRequest.products": "a rule of the message",
    "stock.v1.SetStockLevelsRequest.levels": "a rule of the message",
    "geofence.v1.ReportPositionsRequest.fixes": "a rule of the message: at most 500",
    "geofence.v1.StreamPositionsRequest.fixes": "a rule of the message",
    "aisle.v1.UpsertPlacementsRequest.products": "a rule of the message",
}
UNBOUNDED_MAPS: dict[str, str] = {}
UNBOUNDED_NUMBERS: dict[str, str] = {}
UNCHECKED_ENUMS: dict[str, str] = {}
UNCHECKED_POSITIONS = {
    "type.v1.Ring.points": "whoever makes a shape of them checks them: INVALID_GEOMETRY",
    "type.v1.Path.points": "the same",
}
BOUNDED_BY_THE_CLOCK = {
    "geofence.v1.Fix.device_time": "since 1970, and at most 5 minutes ahead",
    "stock.v1.SetStockLevelsRequest.as_of": "since 1970, and at most 5 minutes ahead",
    "stock.v1.AdjustStockRequest.as_of": "since 1970, and at most 5 minutes ahead",
}
CHECKED_BY_THE_SERVICE = {
    "stores.v1.UpsertStoresRequest.stores": "one by one: bad ones do not hold up the others",
    "stores.v1.UpdateStoreRequest.store": "as a whole, once merged with the stored one",
    "hours.v1.UpdateStoreHoursRequest.store_hours": "as a whole, once merged",
    "stock.v1.UpsertProductsRequest.products": "one by one",
    "stock.v1.SetStockLevelsRequest.levels": "one by one",
    "geofence.v1.CreateFenceRequest.fence": "once its name is set",
    "geofence.v1.UpdateFenceRequest.fence": "as a whole, once merged",
    "geofence.v1.CreateRuleRequest.rule": "once its name is set",
    "geofence.v1.UpdateRuleRequest.rule": "as a whole, once merged",
    "events.v1.CreateSubscriptionRequest.subscription": "once its name is set",
    "events.v1.UpdateSubscriptionRequest.subscription": "as a whole, once merged",
    "geofence.v1.ReportPositionsRequest.fixes": "one by one",
    "geofence.v1.StreamPositionsRequest.fixes": "one by one",
    "aisle.v1.UpsertPlacementsRequest.products": "one by one",
}
FOREIGN = {
    "google.protobuf.Duration": "two numbers",
    "google.protobuf.FieldMask": "every path must name a field",
    "google.protobuf.Struct": "a document to be parsed, within the size of a request",
    "google.protobuf.Timestamp": "two numbers, checked above",
    "google.type.Date": "three numbers",
    "google.type.LatLng": "two numbers, checked above",
    "google.type.PostalAddress": "gap: texts of any length, within the size of a request",
}


def short(field: FieldDescriptor) -> str:
    return field.full_name.removeprefix("enrayon.")


def unlike(departing: set[str], listed: dict[str, str]) -> set[str]:
    """What departs and is not listed, and what is listed and does not."""
    known = {short(field) for field in REQUEST_FIELDS.values()}
    return departing ^ (listed.keys() & known)


def rules_of_one(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """The rules of a single value, of a list those of its items."""
    whole: validate_pb2.FieldRules = rules(field)
    return whole.repeated.items if field.is_repeated else whole


def ends(pattern: str) -> bool:
    """Whether a pattern matches only texts up to some length."""
    return not re.search(r"[*+]|{\d+,}", re.sub(r"\[[^\]]*\]", "x", pattern))


def is_bounded(text: validate_pb2.StringRules) -> bool:
    return (
        text.HasField("max_len")
        or text.HasField("len")
        or bool(getattr(text, "in"))
        or (bool(text.pattern) and ends(text.pattern))
    )


def test_every_text_of_a_request_has_an_end() -> None:
    endless = {
        short(field)
        for field in REQUEST_FIELDS.values()
        if field.type == FieldDescriptor.TYPE_STRING and not is_bounded(rules_of_one(field).string)
    }
    assert unlike(endless, UNBOUNDED_TEXTS) == set()


def test_every_list_of_a_request_has_an_end() -> None:
    endless = {
        short(field)
        for field in REQUEST_FIELDS.values()
        if field.is_repeated
        and not is_map(field)
        and not rules(field).repeated.HasField("max_items")
    }
    assert unlike(endless, UNBOUNDED_LISTS) == set()


def test_every_map_of_a_request_has_an_end_and_so_have_its_texts() -> None:
    def is_endless(field: FieldDescriptor) -> bool:  # all are from texts to texts
        of = rules(field).map
        texts = (of.keys.string, of.values.string)
        return not (of.HasField("max_pairs") and all(map(is_bounded, texts)))

    endless = {short(f) for f in REQUEST_FIELDS.values() if is_map(f) and is_endless(f)}
    assert unlike(endless, UNBOUNDED_MAPS) == set()


def test_no_number_of_a_request_may_be_infinite_or_none() -> None:
    def is_finite(of: validate_pb2.DoubleRules | validate_pb2.FloatRules) -> bool:
        return of.finite or bool(of.WhichOneof("less_than") and of.WhichOneof("greater_than"))

    endless = {
        short(field)
        for field in REQUEST_FIELDS.values()
        if (field.type == FieldDescriptor.TYPE_DOUBLE and not is_finite(rules_of_one(field).double))
        or (field.type == FieldDescriptor.TYPE_FLOAT and not is_finite(rules_of_one(field).float))
    }
    assert unlike(endless, UNBOUNDED_NUMBERS) == set()


def test_every_position_of_a_request_is_checked() -> None:
    unchecked = {
        short(field)
        for field in REQUEST_FIELDS.values()
        if field.message_type
        and field.message_type.full_name == "google.type.LatLng"
        and not rules_of_one(field).cel
    }
    assert unlike(unchecked, UNCHECKED_POSITIONS) == set()


def test_every_instant_of_a_request_has_the_range_of_all() -> None:
    def is_bounded(of: validate_pb2.TimestampRules) -> bool:
        return (of.gte.ToDatetime(dt.UTC), of.lt.ToDatetime(dt.UTC)) == (FIRST, END)

    instants = [
        field
        for field in REQUEST_FIELDS.values()
        if field.message_type and field.message_type.full_name == "google.protobuf.Timestamp"
    ]
    assert instants
    others = {short(each) for each in instants if not is_bounded(rules_of_one(each).timestamp)}
    assert unlike(others, BOUNDED_BY_THE_CLOCK) == set()


def test_every_enum_of_a_request_is_one_of_its_values() -> None:
    unchecked = {
        short(field)
        for field in REQUEST_FIELDS.values()
        if field.enum_type and not rules_of_one(field).enum.defined_only
    }
    assert unlike(unchecked, UNCHECKED_ENUMS) == set()


def test_what_the_contract_leaves_to_the_service_is_known() -> None:
    left = {
        short(field)
        for field in REQUEST_FIELDS.values()
        if rules(field).ignore == validate_pb2.IGNORE_ALWAYS
    }
    assert unlike(left, CHECKED_BY_THE_SERVICE) == set()


def test_a_list_that_is_left_to_the_service_is_bounded_by_its_message() -> None:
    lists = [field for field in REQUEST_FIELDS.values() if short(field) in UNBOUNDED_LISTS]
    left = [field for field in lists if short(field) in CHECKED_BY_THE_SERVICE]
    assert left
    assert [f.full_name for f in left if not has_message_rules(f.containing_type)] == []


def test_messages_of_others_are_those_we_know_to_be_bounded() -> None:
    foreign = {
        field.message_type.full_name
        for field in REQUEST_FIELDS.values()
        if field.message_type and not is_ours(field.message_type)
    }
    assert foreign == FOREIGN.keys()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.full_name)
def test_the_rules_of_a_message_can_be_evaluated(message: Descriptor) -> None:
    for violation in violations_of(GetMessageClass(message)()):
        assert violation.description
