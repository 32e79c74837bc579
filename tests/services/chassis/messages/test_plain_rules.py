"""The quick acceptance of messages never accepts one that protovalidate refuses."""

import random
import re
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_loader
from math import inf, nan, nextafter
from pathlib import Path
from typing import Any

import protovalidate
import pytest
from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.chassis.messages import plain_rules
from services.policy import POLICY
from tests.faults import fuzz

Accepts = Callable[[Message], bool]


def input_of(path: str) -> Descriptor:
    """The type of the requests of a method."""
    service, method = path.strip("/").split("/")
    kind: Descriptor = Default().FindServiceByName(service).methods_by_name[method].input_type
    return kind


REQUESTS = sorted({input_of(path) for path in POLICY}, key=lambda kind: kind.full_name)
HOT = (
    "FindNearestStores", "BatchFindNearestStores", "GetStore", "BatchGetStores", "SuggestPlaces",
    "CheckOpenState", "BatchCheckOpenStates", "FindNearestAvailability", "FindPickupOptions",
    "CreateReservation", "PlanRoute", "MatchFences",
)  # fmt: skip

RARE = {"soonest_first"}
"""Fields of hot requests that are left to protovalidate."""

MUTANTS = [
    ("high = min(high, rules.lte)", "high = min(high, rules.lte + 1)"),
    ("low = max(low, rules.gte)", "low = max(low, rules.gte - 1)"),
    ("rules.gt + step if step else nextafter(rules.gt, inf)", "rules.gt"),
    ("most = min(bounds, default=inf)", "most = min(bounds, default=inf) + 1"),
    ("least = max(rules.min_len, rules.len)", "least = max(rules.min_len, rules.len) - 1"),
    ("least <= len(values) <= most", "least <= len(values) <= most + 1"),
    ("least <= len(values) <= most", "least - 1 <= len(values) <= most"),
    ("(item is None or all(map(item, values)))", "True"),
    ("len(set(values)) == len(values)", "True"),
    ("re.compile(rules.pattern).fullmatch", "re.compile(rules.pattern[1:-1]).match"),
    ("frozenset(field.enum_type.values_by_number).__contains__", "lambda _: True"),
    ("value not in forbidden", "True"),
    ("high = min(high, _ns(getattr(rules, name)) - margin_ns)", "pass"),
    ("low = max(low, _ns(getattr(rules, name)) + margin_ns)", "pass"),
    ("low.get(name, -inf), float(bound))", "low.get(name, -inf), float(bound) - 1)"),
    ("high.get(name, inf), float(bound))", "high.get(name, inf), float(bound) + 1)"),
    ("return found == self.present", "return True"),
    ("tests[number] = never", "pass"),
    ("not zero_is_valid", "False"),
]
"""Rules read a little wrongly, each in one place."""


def kinds() -> list[Descriptor]:
    """All types of messages that requests are made of."""
    found = {kind.full_name: kind for kind in REQUESTS}
    left = list(found.values())
    while left:
        for field in left.pop().fields:
            below = field.message_type
            if below is not None and below.full_name not in found:
                found[below.full_name] = below
                left.append(below)
    return [kind for kind in found.values() if not kind.GetOptions().map_entry]


def rules_of(field: FieldDescriptor) -> validate_pb2.FieldRules:
    rules: validate_pb2.FieldRules = field.GetOptions().Extensions[validate_pb2.field]
    return rules


def edges(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Iterator[Any]:
    """Values of one element of a field on both sides of its bounds."""
    which = rules.WhichOneof("type")
    bounds = getattr(rules, which) if which else None
    if field.message_type is not None:
        yield from messages(field.message_type, bounds)
    elif field.enum_type is not None:
        yield from [*field.enum_type.values_by_number, -1, 99]
    elif field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        yield from (False, True)
    elif field.type == FieldDescriptor.TYPE_BYTES:
        yield from fuzz.BYTES
    elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        yield from fuzz.TEXTS
        sizes = {getattr(bounds, name) for name in ("min_len", "max_len", "len")} if bounds else {1}
        for size in sizes:
            yield from (letter * max(0, size + more) for more in (-1, 0, 1) for letter in "a0ä")
        for text in ("FI", "stores/a", "891f1d4a2b7ffff", "2026-12-24"):
            yield from (text + "\n", f"x{text}", f"{text} x")
    else:
        is_real = field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)
        numbers = [0, 1, -1]
        numbers += [
            v for f, v in (bounds.ListFields() if bounds else []) if type(v) in (int, float)
        ]
        for number in numbers:
            if is_real:
                yield from (number, nextafter(number, inf), nextafter(number, -inf), number + 0.5)
            else:
                low, high = fuzz.LIMITS[field.cpp_type]
                yield from (v for v in (number - 1, number, number + 1) if low <= v <= high)
        if is_real:
            yield from (nan, inf, -inf, -0.0, 1e-320)


def messages(kind: Descriptor, bounds: Any) -> Iterator[Message]:
    """Messages of a type, near the bounds of instants and positions."""
    made = GetMessageClass(kind)
    yield made()
    names = [field.name for field in kind.fields]
    if names == ["seconds", "nanos"]:
        fields = bounds.ListFields() if bounds else []
        at: list[Any] = [value for _, value in fields if isinstance(value, Message)]
        for each in [*at, Timestamp()]:
            for seconds in (-1, 0, 1):
                for nanos in (-1, 0, 1, 999, 1000, 999_999_999, 1_000_000_000):
                    yield made(seconds=each.seconds + seconds, nanos=nanos)
    elif names == ["latitude", "longitude"]:
        values = (90.0, -90.0, 180.0, -180.0, nan, inf)
        for value in values:
            for one in (value, nextafter(value, inf), nextafter(value, -inf)):
                yield made(latitude=one)
                yield made(longitude=one)


def varied(kind: Descriptor, rng: random.Random) -> Iterator[Message]:
    """Messages of a type: valid ones with one field at a time put near its bounds."""
    bases: list[Message] = [GetMessageClass(kind)()]
    for _ in range(1):
        base = fuzz.message(rng, kind, fuzz.DEPTH - 2)
        fuzz.mended(rng, base)
        bases.append(base)
    for base in bases:
        yield base
        for field in kind.fields:
            made = GetMessageClass(kind)()
            made.CopyFrom(base)
            made.ClearField(field.name)
            yield from (whole(made, field, value) for value in values(field, made))


def values(field: FieldDescriptor, made: Message) -> Iterator[Any]:
    """Values of a whole field near its bounds."""
    rules = rules_of(field)
    if not field.is_repeated:
        yield from edges(field, rules)
        return
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields
        if value.message_type is None:
            yield from ({k: v} for k in edges(key, rules.map.keys) for v in ("a", "x" * 301))
            yield {str(n): "a" for n in range(min(rules.map.max_pairs, 300) + 1)}
        return
    yield from ([value] for value in edges(field, rules.repeated.items))
    for item in list(edges(field, rules.repeated.items))[:3]:
        for size in {rules.repeated.min_items, rules.repeated.max_items}:
            yield from ([item] * max(0, size + more) for more in (-1, 0, 1) if size <= 1000)


def whole(base: Message, field: FieldDescriptor, value: Any) -> Message:
    """A copy of a message with a value in a field."""
    made = type(base)()
    made.CopyFrom(base)
    if isinstance(value, dict):
        getattr(made, field.name).update(value)
    elif isinstance(value, list):
        getattr(made, field.name).extend(value)
    elif isinstance(value, Message):
        getattr(made, field.name).CopyFrom(value)
    else:
        setattr(made, field.name, value)
    return made


def wrongly_accepted(accepts: Accepts, chosen: list[Descriptor]) -> Iterator[Message]:
    """The invalid messages that are accepted."""
    rng = random.Random(22)
    for kind in chosen:
        for message in varied(kind, rng):
            if accepts(message) and protovalidate.collect_violations(message):
                yield message


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_no_invalid_message_is_accepted(kind: Descriptor) -> None:
    assert list(wrongly_accepted(plain_rules.surely_valid, [kind])) == []


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.name)
def test_no_random_invalid_request_is_accepted(kind: Descriptor) -> None:
    rng = random.Random(kind.full_name)
    for number in range(6):
        request = fuzz.message(rng, kind)
        if number % 2:
            fuzz.mended(rng, request)
        assert not plain_rules.surely_valid(request) or not protovalidate.collect_violations(
            request
        )


@pytest.mark.parametrize(("old", "new"), MUTANTS)
def test_a_rule_read_wrongly_is_noticed(old: str, new: str) -> None:
    source = Path(plain_rules.__file__).read_text("utf-8")
    assert old in source
    mutant: Any = module_from_spec(spec_from_loader("mutant", loader=None))
    exec(compile(source.replace(old, new), "mutant", "exec"), mutant.__dict__)
    assert next(wrongly_accepted(mutant.surely_valid, kinds()), None) is not None


@pytest.mark.parametrize("method", HOT)
def test_hot_requests_have_no_rule_that_is_not_plain(method: str) -> None:
    [kind] = [input_of(path) for path in POLICY if path.endswith(f"/{method}")]
    test: Any = plain_rules._test_of(kind)
    assert test is not plain_rules.never
    unsure = {n for n, each in test.__self__.tests.items() if each is plain_rules.never}
    assert {kind.fields_by_number[number].name for number in unsure} <= RARE


def test_usual_requests_are_accepted_at_once() -> None:
    kamppi: Any = {"point": {"latitude": 60.1687, "longitude": 24.9319}}
    for request in (
        stores_pb2.FindNearestStoresRequest(origin=kamppi, page_size=10, radius_m=5000.0),
        stores_pb2.FindNearestStoresRequest(
            origin={"place": "Kamppi"},
            store_filter={"brands": ["Alko"], "open_at": {"seconds": 1_790_000_000}},
        ),
        stores_pb2.GetStoreRequest(name="stores/alko-kamppi"),
        stock_pb2.FindNearestAvailabilityRequest(
            origin=kamppi, items=[stock_pb2.BasketItem(product="products/milk", quantity=2)]
        ),
    ):
        assert plain_rules.surely_valid(request), request
        assert not protovalidate.collect_violations(request)


@pytest.mark.parametrize(
    ("kind", "field"),
    [(stores_pb2.UpsertStoresRequest, "stores"), (stock_pb2.UpsertProductsRequest, "products")],
)
def test_the_size_of_a_block_is_judged_at_once(kind: Any, field: str) -> None:
    """To convert a block for CEL takes 50 us for each store in it."""
    expression = r"size\(this\.\w+\) <= (\d+)"
    rules = kind.DESCRIPTOR.GetOptions().Extensions[validate_pb2.message].cel
    [most] = [int(m[1]) for rule in rules if (m := re.fullmatch(expression, rule.expression))]
    request = kind()
    for count, is_valid in ((1, True), (most, True), (most + 1, False)):
        while len(getattr(request, field)) < count:
            getattr(request, field).add()
        assert is_valid == plain_rules.surely_valid(request)
        assert is_valid == (not protovalidate.collect_violations(request))
