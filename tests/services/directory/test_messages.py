"""Stores of importers and messages of the contract say the same."""

from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from enrayon.stores.v1 import stores_pb2
from geodata.store_rows import BadRow, row_of
from geodata.store_rows import store_of as store_of_row
from services.directory.messages.stores import store_message, store_of
from services.stores.model.stores import OUTPUT_FIELDS, problems

UNKNOWN_TO_US = {*OUTPUT_FIELDS, "revision"}
"""What the server sets, and the revision of Google's address, which has one value."""
NUMBERS = {"latitude": 60.17, "longitude": 24.94, "year": 2031, "month": 6, "day": 30}
TEXTS = {"name": "stores/us-1", "moved_to": "stores/us-2", "time_zone": "Europe/Helsinki"}


def fill(message: Any, path: str = "") -> list[str]:
    """Set all fields below a message; returns their paths."""
    paths: list[str] = []
    for field in message.DESCRIPTOR.fields:
        here = f"{path}{field.name}"
        if field.name in UNKNOWN_TO_US:
            continue
        if field.message_type is None:
            value = value_of(field)
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
            paths.append(here)
        elif field.message_type.GetOptions().map_entry:
            getattr(message, field.name)["fi"] = "x"
            paths.append(here)
        elif field.is_repeated:
            paths += fill(getattr(message, field.name).add(), f"{here}.")
        else:
            paths += fill(getattr(message, field.name), f"{here}.")
    return paths


def value_of(field: FieldDescriptor) -> object:
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    if field.type == FieldDescriptor.TYPE_STRING:
        return TEXTS.get(field.name, f"x.{field.name}")
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    return NUMBERS.get(field.name, 600)


def test_no_field_of_a_store_is_lost_on_its_way_through_a_table():
    """A field that an export does not know would be erased by the import of that export."""
    store = stores_pb2.Store()
    paths = fill(store)
    assert {"service_area.travel_area.mode", "closing_date.year", "external_ids"} <= set(paths)
    assert store == store_message(store_of(store))
    assert store == store_message(store_of_row(row_of(store_of(store))))


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("description", '"\\ud800"'),
        ("images", '["\\udfff"]'),
        ("external_ids", '{"\\ud800":"x"}'),
        ("external_ids", '{"x":"\\ud800"}'),
        ("external_ids", '{"x":' + "9" * 5000 + "}"),
        ("service_area", '{"radius_m":' + "9" * 400 + "}"),
        ("service_area", '{"radius_m":' + "9" * 5000 + "}"),
        ("service_area", '{"travel_area":{"mode":"drive"}}'),
        ("service_area", '{"travel_area":{"mode":"fly","max_travel_time_s":600}}'),
        ("service_area", '{"travel_area":{"mode":"drive","max_travel_time_s":NaN}}'),
        ("service_area", '{"travel_area":{"mode":"drive","max_travel_time_s":1e300}}'),
        ("service_area", '{"travel_area":{"mode":"drive","max_travel_time_s":-1}}'),
        ("service_area", '{"travel_area":[]}'),
        ("service_area", '{"travel_area":"drive"}'),
        ("service_area", '{"travel_area":{"mode":["drive"],"max_travel_time_s":600}}'),
        ("service_area", '{"postal_codes":["\\ud800"]}'),
        ("service_area", '{"postal_codes":7}'),
        ("service_area", '{"polygons":[[[[1,2,3]]]]}'),
        ("service_area", '{"polygons":[[[["1",null]]]]}'),
        ("service_area", "7"),
        ("lat", "1e400"),
    ],
)
def test_a_cell_of_nonsense_is_a_refused_row_and_ends_no_import(column, text):
    row = {"enrayon_id": "us-1", "name": "Shop", "lat": "1", "lon": "2", column: text}
    with pytest.raises(BadRow) as fault:
        store_of_row(row)
    assert column in fault.value.column


def test_what_a_table_gives_is_always_a_message_that_can_be_checked():
    row = {"enrayon_id": "us-1", "name": "Shop", "service_area": '{"radius_m":NaN}'}
    assert problems(store_message(store_of_row(row)))
