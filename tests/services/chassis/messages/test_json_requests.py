"""A JSON request that is read here has the one meaning that protobuf gives it; others are left."""

import json
import random
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from enrayon.hours.v1.hours_pb2 import BatchCheckOpenStatesRequest
from enrayon.stock.v1.stock_pb2 import FindPickupOptionsRequest
from enrayon.stores.v1.stores_pb2 import (
    BatchFindNearestStoresRequest,
    FindNearestStoresRequest,
    SearchStoresRequest,
)
from services.chassis.messages.json_requests import UnsureError, read
from services.client.bindings import DIRECT
from tests.faults import fuzz

KAMPPI = {"point": {"latitude": 60.1687, "longitude": 24.9319}}
FIND = FindNearestStoresRequest


def request_of(path: str) -> Descriptor:
    """The type of a method's requests."""
    service, _, method = path.rpartition(".")
    kind: Descriptor = Default().FindServiceByName(service).methods_by_name[method].input_type
    return kind


def sure(kind: type[Message], text: str | bytes) -> Message | None:
    """The message in a text; None if it is left to the transcoder."""
    try:
        return read(kind, text.encode() if isinstance(text, str) else text)
    except UnsureError:
        return None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FIND, {"origin": KAMPPI}),
        (FIND, {"origin": KAMPPI, "page_size": 20, "radiusM": 5e3}),
        (FIND, {"origin": {}, "storeFilter": {}}),
        (FIND, {"origin": {"place": "Töölö 🏪"}, "readMask": "name,displayName,address.locality"}),
        (FIND, {"origin": KAMPPI, "travel": {"mode": "TRAVEL_MODE_WALK"}}),
        (FIND, {"origin": KAMPPI, "storeFilter": {"openAt": "2026-11-30T10:00:00Z"}}),
        (FIND, {"origin": {"point": {"latitude": 91.5, "longitude": -0.0}}}),
        (BatchFindNearestStoresRequest, {"points": [KAMPPI["point"], {}], "limit": 3}),
        (SearchStoresRequest, {"query": "k-market", "circle": {"radiusM": 10}}),
        (BatchCheckOpenStatesRequest, {"names": ["stores/a/hours"], "soonMinutes": 0}),
        (FindPickupOptionsRequest, {"items": [{"product": "products/milk", "quantity": 1}]}),
        (FIND, {}),
    ],
)
def test_requests_as_clients_write_them_are_read(kind: type[Message], body: Any) -> None:
    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False, indent=1)):
        expected = json_format.Parse(text, kind())
        if "\\" not in text:
            assert expected == sure(kind, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        '{"origin": null}',
        '{"page_size": "10"}',
        '{"page_size": 1.0}',
        '{"page_size": true}',
        '{"page_size": 2147483648}',
        '{"page_size": 1, "page_size": 1}',
        '{"page_size": 1, "pageSize": 1}',
        '{"origin": {"place": "a", "place": "b"}}',
        '{"origin": {"place": "a", "h3Cell": "8"}}',
        '{"origin": {"place": 1}}',
        '{"origin": {"place": "a\\u0041"}}',
        '{"origin": {"point": {"latitude": "NaN"}}}',
        '{"origin": {"point": {"latitude": NaN}}}',
        '{"origin": {"point": {"latitude": 1e400}}}',
        '{"origin": {"point": {"latitude": -0}}}',
        '{"origin": {"point": {"latitude": 9007199254740993}}}',
        '{"origin": {"point": {"latitude": true}}}',
        '{"travel": {"mode": 1}}',
        '{"travel": {"mode": "travel_mode_walk"}}',
        '{"storeFilter": {"brands": "Alko"}}',
        '{"storeFilter": {"brands": [null]}}',
        '{"storeFilter": {"openAt": "2026-11-30T10:00:00+02:00"}}',
        '{"storeFilter": {"openAt": "2026-02-30T10:00:00Z"}}',
        '{"readMask": "display_name"}',
        '{"readMask": "*"}',
        '{"unknown": 1}',
        '{"origin": {"place": ":"}}',
        b'{"origin": {"place": "\xff"}}',
        "\ufeff{}",
        '{"origin": ' + '{"origin": ' * 5000,
    ],
)
def test_all_else_is_left_to_the_transcoder(text: str | bytes) -> None:
    assert sure(FIND, text) is None


@pytest.mark.parametrize("path", sorted(DIRECT))
def test_what_is_read_is_what_protobuf_reads(path: str) -> None:
    """Random requests of the contract, whole and with a character changed."""
    kind = request_of(path)
    rng, message_type, count = random.Random(path), GetMessageClass(kind), 0
    for _ in range(300):
        try:
            request = fuzz.message(rng, kind)
            text = json_format.MessageToJson(request, indent=None, ensure_ascii=False)
        except (ValueError, json_format.SerializeToJsonError):
            continue  # JSON has no word for it
        found = sure(message_type, text.encode(errors="replace"))
        count += found is not None
        # Two paths of a mask that hold a comma are more paths in JSON, so it is read again here.
        assert found in (None, json_format.Parse(text, message_type()))
        at = rng.randrange(len(text))
        changed = text[:at] + rng.choice('{}[]",:0-1.eE+ \tantx\\') + text[at + rng.randrange(2) :]
        found = sure(message_type, changed.encode(errors="replace"))
        if found is not None:
            assert json_format.Parse(changed, message_type()) == found, changed
    assert count > 5
