"""The names of fields and values: units, times, positions, and what a zero means."""

import re

from google.protobuf.descriptor import FieldDescriptor

from tests.contracts.contracts import ENUMS, FIELDS

UNIT = re.compile(r".*_(m|mps|s|ms|minutes|days|degrees|px|percent)")
NUMBER_OF = re.compile(r".*_(count|size|index|indexes)")
INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
}
FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}

WITHOUT_UNIT = {
    # how many
    "limit",
    "max_results",
    "max_unacknowledged",
    "count",
    "visits",
    "messages",
    # which one
    "index",
    "indexes",
    "number",
    "position",
    "sequence",
    "level_version",
    "h3_resolution",
    "ordinal",
    "order",
    "bay",
    "first_bay",
    "shelf",
    # units of a product
    "quantity",
    "min_quantity",
    "max_quantity",
    "requested_quantity",
    "missing_quantity",
    "offered_quantity",
    "held_quantity",
    "collected_quantity",
    "back_ordered_quantity",
    "limited_up_to",
    "on_hand",
    "on_hand_change",
    "reserved",
    "reserved_change",
    "safety_stock",
    "available",
    "available_to_order",
    "delta",
    "expected",
    "actual",
    # of one
    "coverage",
    "confidence",
    # places of a pick-up slot
    "capacity",
    # gap: a number of minutes, past midnight
    "cutoff_minute",
}
"""Names of numbers that have no physical unit."""

MOMENTS = {
    "time": "the attribute of CloudEvents",
    "as_of": "when a copy of the data was last known to be current",
    "open_at": "gap: AIP-142 would have `open_time`",
    "ready_by": "gap: AIP-142 would have `ready_time`",
    "pickup_by": "gap: AIP-142 would have `pickup_end_time`",
}
"""Names of moments that do not end in `_time`."""


def test_a_number_that_measures_something_says_in_which_unit() -> None:
    numbers = {field.name for field in FIELDS if field.cpp_type in INTEGERS | FLOATS}
    bare = {name for name in numbers if not UNIT.fullmatch(name)}
    assert {name for name in bare if not NUMBER_OF.fullmatch(name)} == WITHOUT_UNIT & numbers


def test_what_is_no_whole_number_has_a_unit_or_is_a_share_of_one() -> None:
    names = {field.name for field in FIELDS if field.cpp_type in FLOATS}
    bare = {name for name in names if not re.fullmatch(r".*_(m|mps|s|degrees)", name)}
    assert bare == {"coverage", "confidence", "ordinal"}


def test_a_moment_is_named_a_time() -> None:
    moments = {
        field.name
        for field in FIELDS
        if field.message_type and field.message_type.full_name == "google.protobuf.Timestamp"
    }
    assert {name for name in moments if not name.endswith("_time")} == MOMENTS.keys() & moments


def test_a_position_is_always_a_latlng() -> None:
    axis = re.compile(r"(.*_)?(lat|lng|lon|latitude|longitude)(_.*)?")
    assert [field.full_name for field in FIELDS if axis.fullmatch(field.name)] == []


def test_the_zero_of_an_enum_says_nothing() -> None:
    for enum in ENUMS:
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper()
        assert enum.values_by_number[0].name == f"{snake}_UNSPECIFIED"
