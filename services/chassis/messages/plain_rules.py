"""Accepts at once the messages that surely keep the plain rules of their contract.

protovalidate takes a fifth of the time of a short request, and nearly all requests are valid. Each
message type is compiled once, from its descriptor, to tests of the fields that are set. They know
the plain rules: bounds, lengths, simple patterns, counts, required fields. Where any other rule
applies, the answer is "not sure", and protovalidate decides. So a rule that is new costs time and
never lets an invalid message pass.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from math import inf, nextafter
from sys import float_info
from typing import Any, NamedTuple

import protovalidate
from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

Test = Callable[[Any], bool]
"""True only if a value surely keeps all rules of its field."""

_INTEGERS = (
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64",
)  # fmt: skip

_SECOND_NS, _TICK_NS = 1_000_000_000, 1_000
"""protovalidate may compare times in whole microseconds."""

_LEAST_NS, _MOST_NS = -62_135_596_800 * _SECOND_NS, 253_402_300_800 * _SECOND_NS - 1
"""The instants from year 1 to year 9999."""

_COMPARISON = re.compile(r"this\.(\w+) (>=|<=) (-?\d+(?:\.\d+)?)")
_HOLDS_UNSET = re.compile(r"!has\(this\.(\w+)\)|!this\.(\w+)|this\.(\w+) == (?:0|''|false)")
_SIZE = re.compile(r"size\(this\.(\w+)\) <= (\d+)")
_HAS = re.compile(r"has\(this\.\w+\)")
_MENTIONED = re.compile(r"\bthis\b(?:\.(\w+))?")
_SIMPLE_PATTERN = re.compile(
    r"\^(?:[\w/@:.~ -]|\\[.\-]|[(|)?*+]|\{\d+(?:,\d*)?\}|\[\^?(?:[\w/@:.~ +-]|\\[.\-])+\]"
    r"|\[\^(?:[\w/@:.~ +<>\"-]|\\[.\-s])+\])*\$"
)
"""Patterns that Python and RE2 read alike, or Python more strictly: more is its white space."""


def surely_valid(message: Message) -> bool:
    """True only if the message keeps all rules of its contract; False means not sure."""
    test = _test_of(message.DESCRIPTOR)
    return test is None or test(message)


def never(_: object) -> bool:
    """The test of a rule that is not plain: not sure."""
    return False


class Fields(NamedTuple):
    """The tests of the fields of a message type, by field number."""

    tests: dict[int, Test]
    needed: frozenset[int]
    """Fields that must be set; of a oneof all members."""
    present: int
    """How many of `needed` a valid message has: of a oneof one."""

    def hold(self, message: Message) -> bool:
        """Test the fields that are set, and that those needed are."""
        tests, needed, found = self.tests, self.needed, 0
        for field, value in message.ListFields():
            number = field.number
            if number in needed:
                found += 1
            if number in tests and not tests[number](value):
                return False
        return found == self.present


@cache
def _test_of(kind: Descriptor) -> Test | None:
    """The test of a message type; None if nothing below it has a rule."""
    if not _has_rules(kind):
        return None
    rules = kind.GetOptions().Extensions[validate_pb2.message]
    if not _knows(rules, ("cel", "cel_expression")):
        return never
    tests: dict[int, Test] = {}
    needed: set[int] = set()
    count = 0
    for oneof in kind.oneofs:
        if oneof.GetOptions().Extensions[validate_pb2.oneof].required:
            needed |= {field.number for field in oneof.fields}
            count += 1
    for field in kind.fields:
        test, is_needed = _of_field(field)
        if test is not None:
            tests[field.number] = test
        if is_needed:
            if field.number in needed:
                return never
            needed.add(field.number)
            count += 1
    for rule in rules.cel:
        if bound := _SIZE.fullmatch(rule.expression):
            field = kind.fields_by_name[bound[1]]
            if not field.is_repeated:  # the size of a text is another one
                return never
            tests[field.number] = _no_larger(int(bound[2]), tests.get(field.number))
    for number in _cel_fields(kind, rules):
        if number is None:
            return never
        tests[number] = never
    return Fields(tests, frozenset(needed), count).hold


def _no_larger(most: int, test: Test | None) -> Test:
    """The test of a list that has a largest size, and of its items."""
    return lambda values: len(values) <= most and (test is None or test(values))


@cache
def _has_rules(kind: Descriptor) -> bool:
    """True if a message type, or one that it may contain, has a rule."""
    seen, left = {kind.full_name}, [kind]
    while left:
        here = left.pop()
        if here.GetOptions().HasExtension(validate_pb2.message):
            return True
        if any(oneof.GetOptions().HasExtension(validate_pb2.oneof) for oneof in here.oneofs):
            return True
        for field in here.fields:
            if field.GetOptions().HasExtension(validate_pb2.field):
                return True
            below = field.message_type
            if below is not None and below.full_name not in seen:
                seen.add(below.full_name)
                left.append(below)
    return False


def _of_field(field: FieldDescriptor) -> tuple[Test | None, bool]:
    """The test of a field when it is set, and whether it must be set."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    if rules.ignore == validate_pb2.IGNORE_ALWAYS:
        return None, False
    if field.is_repeated:
        test = _map(field, rules) if _is_map(field) else _repeated(field, rules)
        at_least = rules.repeated.min_items or rules.map.min_pairs
        may_be_empty = not at_least or rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE
        return test, rules.required or not may_be_empty
    test = _of_value(field, rules)
    if rules.required or field.has_presence or test is None:
        return test, rules.required
    zero_is_valid = rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE or test(field.default_value)
    return test, not zero_is_valid


def _of_value(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Test | None:
    """The test of one value of a field; None if it has no rule."""
    kind = rules.WhichOneof("type")
    if not _knows(rules, ("required", "ignore", "cel", kind or "")) or len(rules.cel_expression):
        return never
    tests = [_cel(field, rule.expression) for rule in rules.cel]
    if kind in _PLAIN:
        tests.append(_PLAIN[kind](field, getattr(rules, kind)))
    elif kind is not None:
        return never
    if field.message_type is not None:
        if kind not in (None, "timestamp", "duration"):
            return never
        below = _message(field.message_type)
        if below is not None:
            tests.append(below)
    return _all(tests)


def _message(kind: Descriptor) -> Test | None:
    """The test of a message within another; looked up late, since types may contain themselves."""
    if not _has_rules(kind):
        return None
    compiled: list[Test] = []

    def test(value: Message) -> bool:
        if not compiled:
            compiled.append(_test_of(kind) or never)
        return compiled[0](value)

    return test


def _all(tests: list[Test]) -> Test | None:
    if len(tests) <= 1:
        return tests[0] if tests else None
    return lambda value: all(test(value) for test in tests)


def _repeated(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Test | None:
    """The test of a list."""
    repeated = rules.repeated
    kinds = (None, "repeated")
    if (
        not _knows(rules, ("required", "ignore", "repeated"))
        or rules.WhichOneof("type") not in kinds
    ):
        return never
    if not _knows(repeated, ("min_items", "max_items", "unique", "items")):
        return never
    if repeated.unique and field.cpp_type != FieldDescriptor.CPPTYPE_STRING:
        return never
    items = repeated.items
    item = None if items.ignore == validate_pb2.IGNORE_ALWAYS else _of_value(field, items)
    return _counted(repeated, "items", item, repeated.unique)


def _counted(rules: Any, of: str, item: Test | None, is_unique: bool = False) -> Test | None:
    """The test of a list by the number of its items and by each item."""
    least = getattr(rules, f"min_{of}")
    most = getattr(rules, f"max_{of}") if rules.HasField(f"max_{of}") else inf
    if item is None and not least and most == inf and not is_unique:
        return None

    def test(values: Any) -> bool:
        return (
            least <= len(values) <= most
            and (item is None or all(map(item, values)))
            and (not is_unique or len(set(values)) == len(values))
        )

    return test


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _map(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Test | None:
    """The test of a map."""
    if not _knows(rules, ("required", "ignore", "map")):
        return never
    if not _knows(rules.map, ("min_pairs", "max_pairs", "keys", "values")):
        return never
    assert field.message_type
    entry = field.message_type.fields_by_name
    key = _of_value(entry["key"], rules.map.keys)
    value = _of_value(entry["value"], rules.map.values)
    keys = _counted(rules.map, "pairs", key)
    if value is None:
        return keys
    return lambda pairs: (keys is None or keys(pairs)) and all(map(value, pairs.values()))


def _number(_: FieldDescriptor, rules: Any, step: int = 0) -> Test:
    """The test of a number: one closed interval, which NaN is outside of."""
    if not _knows(rules, ("const", "gt", "gte", "lte", "finite", "in", "not_in")):
        return never
    low, high = -inf, inf
    if step == 0 and rules.finite:
        low, high = -float_info.max, float_info.max
    if rules.HasField("gte"):
        low = max(low, rules.gte)
    if rules.HasField("gt"):
        low = max(low, rules.gt + step if step else nextafter(rules.gt, inf))
    if rules.HasField("lte"):
        high = min(high, rules.lte)
    if low > high:  # protovalidate: outside of the interval
        return never
    return _listed(rules, lambda value: low <= value <= high)


def _integer(field: FieldDescriptor, rules: Any) -> Test:
    return _number(field, rules, 1)


def _listed(rules: Any, test: Test) -> Test:
    """A test, and that a value is the constant, among those allowed, not among those forbidden."""
    allowed, forbidden = frozenset(getattr(rules, "in")), frozenset(rules.not_in)
    if rules.HasField("const"):
        allowed = frozenset([rules.const]) & allowed if allowed else frozenset([rules.const])
        if not allowed:
            return never
    if not (allowed or forbidden):
        return test
    return lambda value: (
        test(value) and value not in forbidden and (not allowed or value in allowed)
    )


def _string(_: FieldDescriptor, rules: validate_pb2.StringRules) -> Test:
    """The test of a text, by its code points."""
    if not _knows(rules, ("const", "len", "min_len", "max_len", "pattern", "in", "not_in")):
        return never
    least = max(rules.min_len, rules.len)
    bounds = [getattr(rules, name) for name in ("max_len", "len") if rules.HasField(name)]
    most = min(bounds, default=inf)
    if not rules.pattern:
        return _listed(rules, lambda value: least <= len(value) <= most)
    if not _SIMPLE_PATTERN.fullmatch(rules.pattern):
        return never
    match = re.compile(rules.pattern).fullmatch
    return _listed(rules, lambda value: least <= len(value) <= most and match(value) is not None)


def _enum(field: FieldDescriptor, rules: validate_pb2.EnumRules) -> Test:
    """The test of a value of an enum."""
    if not _knows(rules, ("const", "defined_only", "in", "not_in")):
        return never
    assert field.enum_type
    if not rules.defined_only:
        return _listed(rules, lambda _: True)
    return _listed(rules, frozenset(field.enum_type.values_by_number).__contains__)


def _bool(_: FieldDescriptor, rules: validate_pb2.BoolRules) -> Test:
    if not _knows(rules, ("const",)):
        return never
    return lambda value: value == rules.const


def _time(_: FieldDescriptor, rules: Any) -> Test:
    """The test of an instant or a duration."""
    if not _knows(rules, ("gt", "gte", "lt", "lte")):
        return never
    low, high = _LEAST_NS, _MOST_NS
    for name, margin_ns in (("gte", 0), ("gt", _TICK_NS)):
        if rules.HasField(name):
            low = max(low, _ns(getattr(rules, name)) + margin_ns)
    for name, margin_ns in (("lte", 0), ("lt", _TICK_NS)):
        if rules.HasField(name):
            high = min(high, _ns(getattr(rules, name)) - margin_ns)
    if low > high or low % _TICK_NS or (high + 1) % _TICK_NS > 1:
        return never

    def test(value: Any) -> bool:
        seconds, nanos = value.seconds, value.nanos
        # The nanoseconds of a negative duration are negative, which is left to protovalidate.
        return bool(0 <= nanos < _SECOND_NS and low <= seconds * _SECOND_NS + nanos <= high)

    return test


def _ns(value: Any) -> int:
    ns: int = value.seconds * _SECOND_NS + value.nanos
    return ns


_PLAIN: dict[str, Callable[[FieldDescriptor, Any], Test]] = {
    **dict.fromkeys(_INTEGERS, _integer),
    "double": _number,
    "float": _number,
    "string": _string,
    "enum": _enum,
    "bool": _bool,
    "timestamp": _time,
    "duration": _time,
}


def _cel(field: FieldDescriptor, expression: str) -> Test:
    """The test of an expression over a message: bounds of its numbers, joined by `&&`."""
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    for part in expression.split(" && "):
        comparison = _COMPARISON.fullmatch(part)
        if comparison is None or field.message_type is None:
            return never
        name, operator, bound = comparison.groups()
        number = field.message_type.fields_by_name.get(name)
        if number is None or number.cpp_type != FieldDescriptor.CPPTYPE_DOUBLE:
            return never
        if operator == ">=":
            low[name] = max(low.get(name, -inf), float(bound))
        else:
            high[name] = min(high.get(name, inf), float(bound))
    bounds = [(name, low.get(name, -inf), high.get(name, inf)) for name in {**low, **high}]
    return lambda value: all(least <= getattr(value, name) <= most for name, least, most in bounds)


def _cel_fields(kind: Descriptor, rules: validate_pb2.MessageRules) -> Iterable[int | None]:
    """The fields that the expressions over a whole message look at; None if that is not known.

    With none of these fields set, an expression is as true as over the empty message.
    """
    broken: set[str] = set()
    if rules.cel:
        empty = GetMessageClass(kind)()
        broken = {found.proto.rule_id for found in protovalidate.collect_violations(empty)}
    for rule in rules.cel:
        if _SIZE.fullmatch(rule.expression):
            continue
        names = _decisive(rule.expression)
        if rule.id in broken or not names:
            yield None
            return
        for name in names:
            found = kind.fields_by_name.get(name)
            yield found.number if found else None
    if len(rules.cel_expression):
        yield None


def _decisive(expression: str) -> list[str]:
    """The fields without which an expression is as over the empty message; none if not known.

    In `this.minutes == 0 || has(this.time)` it is the minutes alone.
    """
    if not set("(?") & set(_HAS.sub("", expression)):
        for part in expression.split(" || "):
            if alone := _HOLDS_UNSET.fullmatch(part):
                return [name for name in alone.groups() if name]
    names = _MENTIONED.findall(expression)
    return [] if "" in names else names


def _knows(rules: Message, names: Iterable[str]) -> bool:
    """True if a message of rules sets no other field than these, and examples."""
    known = {*names, "example"}
    return not len(UnknownFieldSet(rules)) and all(
        not field.is_extension and field.name in known for field, _ in rules.ListFields()
    )
