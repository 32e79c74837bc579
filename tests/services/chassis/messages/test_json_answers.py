"""The JSON of encoded answers is protobuf's own, however it was made, and is kept within bounds."""

import json
import random
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message

from enrayon.stores.v1.stores_pb2 import (
    BatchFindNearestStoresResponse,
    FindNearestStoresResponse,
    NearestStore,
    Store,
)
from services.chassis.messages.json_answers import Printer
from services.client.bindings import DIRECT
from tests.faults import fuzz

STORE = Store(
    name="stores/osm-1",
    display_name='Kauppa Öster “A/B” \\ "',
    location={"latitude": 60.1687, "longitude": -0.0},
    external_ids={"osm": "node/1"},
)


def method_of(path: str) -> MethodDescriptor:
    """A method by its full name."""
    service, _, name = path.rpartition(".")
    method: MethodDescriptor = Default().FindServiceByName(service).methods_by_name[name]
    return method


def printed(message: Message, printer: Printer) -> Any:
    """The JSON of a message, read again."""
    return json.loads(printer.of(message.DESCRIPTOR)(message.SerializeToString()))


@pytest.mark.parametrize("path", sorted(DIRECT))
def test_the_json_is_the_one_of_protobuf(path: str) -> None:
    kind, rng, count = method_of(path).output_type, random.Random(path), 0
    printer = Printer(100_000)
    for _ in range(300):
        message = fuzz.message(rng, kind)
        try:
            expected = json_format.MessageToDict(message)
        except (ValueError, json_format.SerializeToJsonError):
            continue  # JSON has no word for it
        count += 1
        assert expected == printed(message, printer)
        assert expected == printed(message, printer)
    assert count > 20


def test_fields_in_another_encoding_are_read_too() -> None:
    one = FindNearestStoresResponse(stores=[NearestStore(store=STORE, distance_m=1.5)])
    other = FindNearestStoresResponse(next_page_token="a", origin_place={"display_name": "x"})
    last = FindNearestStoresResponse(next_page_token="b", origin_place={"description": "y"})
    parts = [message.SerializeToString() for message in (other, one, last, one)]
    merged = FindNearestStoresResponse.FromString(b"".join(parts))

    text = Printer(10_000).of(merged.DESCRIPTOR)(b"".join(parts))

    assert json_format.MessageToDict(merged) == json.loads(text)


def test_numbers_that_are_not_packed_and_fields_of_later_contracts_are_read() -> None:
    packed = BatchFindNearestStoresResponse()
    packed.results.add(store_indexes=[3, 300])
    unpacked = b"\x0a\x05\x08\x03\x08\xac\x02"
    later = b"\xfa\x3e\x03abc" + packed.SerializeToString()
    write = Printer(10_000).of(packed.DESCRIPTOR)

    assert packed == BatchFindNearestStoresResponse.FromString(unpacked)
    assert json.loads(write(packed.SerializeToString())) == json.loads(write(unpacked))
    assert json.loads(write(packed.SerializeToString())) == json.loads(write(later))


def test_bytes_that_are_no_message_are_an_error() -> None:
    with pytest.raises(Exception, match=r"(?i)parsing"):
        Printer(10_000).of(FindNearestStoresResponse.DESCRIPTOR)(b"\x0a\x7f")


def test_a_store_is_written_once_and_a_changed_one_anew() -> None:
    printer = Printer(100_000)
    first = printer.of(Store.DESCRIPTOR)(STORE.SerializeToString(deterministic=True))
    again = printer.of(Store.DESCRIPTOR)(STORE.SerializeToString(deterministic=True))
    renamed = Store(display_name="Uusi")
    renamed.MergeFrom(STORE)
    renamed.display_name = "Uusi"

    assert first is again
    assert "Uusi" == printed(renamed, printer)["displayName"]


def test_what_is_kept_has_a_bound_and_the_last_used_stays() -> None:
    printer = Printer(20_000)
    write = printer.of(Store.DESCRIPTOR)
    often = STORE.SerializeToString(deterministic=True)
    first = write(often)
    for number in range(2_000):
        write(Store(name=f"stores/{number}").SerializeToString())
        assert first is write(often)
        assert printer.kept_bytes <= 20_000

    huge = Store(name="stores/x", display_name="x" * 20_000)
    assert "stores/x" == printed(huge, printer)["name"]
    assert printer.kept_bytes <= 20_000
