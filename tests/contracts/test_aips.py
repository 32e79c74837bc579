"""What the AIPs ask of methods and resources and buf cannot check (google.aip.dev).

What departs is listed with its reason; a list that names what no longer departs fails as well.
"""

import re
from collections.abc import Iterable, Iterator

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.field_mask_pb2 import FieldMask

from tests.contracts.contracts import (
    METHODS,
    RESOURCES,
    behaves_as,
    bindings,
    reference,
    request_fields,
    resource,
)

STANDARD_VERBS = {
    ("get", "Get"),
    ("get", "List"),
    ("post", "Create"),
    ("patch", "Update"),
    ("delete", "Delete"),
}

NO_STANDARD_METHOD = {
    "GetStockLevels": "levels have no names: answers those of a store that are asked for",
    "ListStoresWithStock": "the stores of a product, which is no parent of theirs",
    "ListArrivals": "a shop's screen, which is shown as a whole: no pages",
    "ListPresence": "its parent is a fence or a store",
    "CreateReservation": "the contract is older than this check: takes `items`, no reservation",
    "CreateStockAlert": "the contract is older than this check: its body is the whole request",
}
NO_VERB_OF_THE_METHOD = {
    "ReportPositions": "`batchReport`, beside the `report` of ReportPosition",
}
COORDINATES_BY_GET_ALONE: dict[str, str] = {}
READS_WITH_EFFECTS = {
    "StreamEvents": "takes the lease of the subscription's deliverer",
}


def departing(names: Iterable[str], listed: dict[str, str]) -> set[str]:
    """What departs and is not listed, and what is listed and does not."""
    known = {method.name for method in METHODS}
    return set(names) ^ (listed.keys() & known)


def is_custom(method: MethodDescriptor) -> bool:
    return ":" in bindings(method)[0].path


def standard(verb: str) -> Iterator[MethodDescriptor]:
    """The standard methods of a verb."""
    for method in METHODS:
        if method.name.startswith(verb) and not is_custom(method):
            yield method


def variables(path: str) -> list[str]:
    """The fields that stand in a path."""
    return re.findall(r"{([\w.]+)=", path)


def words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", name)]


def is_text(field: FieldDescriptor | None, *, repeated: bool = False) -> bool:
    return (
        field is not None
        and field.type == FieldDescriptor.TYPE_STRING
        and field.is_repeated == repeated
    )


def is_named_resource(method: MethodDescriptor, field_name: str) -> bool:
    """Whether the request must name a resource by the field."""
    field = method.input_type.fields_by_name.get(field_name)
    return (
        field is not None
        and is_text(field)
        and behaves_as(field, "REQUIRED")
        and bool(reference(field))
    )


def test_there_are_contracts_to_check() -> None:
    assert {"GetStore", "FindNearestStores"} <= {method.name for method in METHODS}
    assert "Store" in {message.name for message in RESOURCES}


def test_every_method_can_be_called_by_http_under_v1() -> None:
    assert [m.full_name for m in METHODS if not bindings(m)] == []
    paths = {binding.path for method in METHODS for binding in bindings(method)}
    assert {path for path in paths if not path.startswith("/v1/")} == set()


def test_no_two_methods_share_a_path() -> None:
    seen = [
        (binding.verb, re.sub(r"{[\w.]+=([^}]+)}", r"\1", binding.path))
        for method in METHODS
        for binding in bindings(method)
    ]
    assert {each for each in seen if seen.count(each) > 1} == set()


def test_a_method_without_a_verb_of_its_own_is_a_standard_one() -> None:
    verbs = {
        (bindings(method)[0].verb, words(method.name)[0].capitalize())
        for method in METHODS
        if not is_custom(method)
    }
    assert verbs - STANDARD_VERBS == set()


def test_a_custom_method_has_the_verb_of_its_name() -> None:
    def has_it(method: MethodDescriptor, path: str) -> bool:
        left = iter(words(method.name))
        verb = words(path.rpartition(":")[2])
        return words(method.name)[0] == verb[0] and all(word in left for word in verb)

    wrong = {m.name for m in METHODS if is_custom(m) and not has_it(m, bindings(m)[0].path)}
    assert departing(wrong, NO_VERB_OF_THE_METHOD) == set()


def is_get(method: MethodDescriptor) -> bool:
    return (
        is_named_resource(method, "name")
        and variables(bindings(method)[0].path) == ["name"]
        and method.output_type in RESOURCES
        and method.name == f"Get{method.output_type.name}"
    )


def is_list(method: MethodDescriptor) -> bool:
    asked, answered = method.input_type.fields_by_name, method.output_type.fields_by_name
    return (
        set(variables(bindings(method)[0].path)) <= {"parent"}
        and ("parent" not in asked or is_named_resource(method, "parent"))
        and "page_size" in asked
        and asked["page_size"].type == FieldDescriptor.TYPE_INT32
        and is_text(asked.get("page_token"))
        and is_text(answered.get("next_page_token"))
        and method.output_type.fields_by_number[1].is_repeated
    )


def changes_its_resource(method: MethodDescriptor) -> bool:
    body = method.input_type.fields_by_name.get(bindings(method)[0].body)
    return (
        body is not None
        and behaves_as(body, "REQUIRED")
        and body.message_type == method.output_type
        and method.output_type in RESOURCES
    )


def is_create(method: MethodDescriptor) -> bool:
    path = bindings(method)[0].path
    return (
        changes_its_resource(method)
        and variables(path) in ([], ["parent"])
        and ("parent" not in variables(path) or is_named_resource(method, "parent"))
    )


def is_update(method: MethodDescriptor) -> bool:
    mask = method.input_type.fields_by_name.get("update_mask")
    return (
        changes_its_resource(method)
        and variables(bindings(method)[0].path) == [f"{bindings(method)[0].body}.name"]
        and mask is not None
        and mask.message_type == FieldMask.DESCRIPTOR
    )


def is_delete(method: MethodDescriptor) -> bool:
    return (
        is_named_resource(method, "name")
        and variables(bindings(method)[0].path) == ["name"]
        and method.output_type.full_name == "google.protobuf.Empty"
    )


def test_standard_methods_have_the_fields_and_paths_of_their_aips() -> None:
    checks = {  # AIP-131, 132, 133, 134, 135
        "Get": is_get,
        "List": is_list,
        "Create": is_create,
        "Update": is_update,
        "Delete": is_delete,
    }
    wrong = {m.name for verb, is_one in checks.items() for m in standard(verb) if not is_one(m)}
    assert departing(wrong, NO_STANDARD_METHOD) == set()


def test_many_resources_are_got_by_name_and_those_not_found_are_told() -> None:
    plurals = {f"BatchGet{message.name}s" for message in RESOURCES}
    batch = [method for method in METHODS if method.name in plurals]
    assert "BatchGetStores" in {method.name for method in batch}
    for method in batch:
        names = method.input_type.fields_by_name["names"]
        assert is_text(names, repeated=True)
        assert behaves_as(names, "REQUIRED")
        assert reference(names)
        assert is_text(method.output_type.fields_by_name["not_found"], repeated=True)
        assert bindings(method)[0].path.endswith(":batchGet")


def test_a_resource_with_an_etag_is_deleted_by_it() -> None:  # AIP-154
    with_etag = {f"Delete{m.name}" for m in RESOURCES if "etag" in m.fields_by_name}
    without = {
        method.name
        for method in standard("Delete")
        if method.name in with_etag and not is_text(method.input_type.fields_by_name.get("etag"))
    }
    assert without == set()


def test_a_position_can_always_be_sent_outside_the_url() -> None:
    def takes_a_position(method: MethodDescriptor) -> bool:
        return any(
            field.message_type and field.message_type.full_name == "google.type.LatLng"
            for field in request_fields(method)
        )

    by_get_alone = {
        method.name
        for method in METHODS
        if takes_a_position(method)
        and any(binding.verb == "get" for binding in bindings(method))
        and not any((binding.verb, binding.body) == ("post", "*") for binding in bindings(method))
    }
    assert departing(by_get_alone, COORDINATES_BY_GET_ALONE) == set()


def test_a_read_says_that_it_changes_nothing_and_a_repeatable_change_that_it_is_one() -> None:
    level = {method.name: method.GetOptions().idempotency_level for method in METHODS}
    verbs = {method.name: bindings(method)[0].verb for method in METHODS}
    read = re.compile("(Batch)?(Get|List|Search|Find|Count|Suggest|Watch|Match|Export)[A-Z]")
    unsure = {
        name
        for name, verb in verbs.items()
        if (verb == "get" or read.match(name)) and level[name] != MethodOptions.NO_SIDE_EFFECTS
    }
    assert departing(unsure, READS_WITH_EFFECTS) == set()
    changes = {name for name in level if re.match("(Batch)?(Create|Update|Delete|Set)[A-Z]", name)}
    assert {n for n in changes if level[n] == MethodOptions.NO_SIDE_EFFECTS} == set()
    assert {
        name
        for name, verb in verbs.items()
        if verb in ("patch", "delete") and level[name] != MethodOptions.IDEMPOTENT
    } == set()


def test_a_resource_says_what_it_is_and_is_known_by_its_name() -> None:  # AIP-122, 123
    for message in RESOURCES:
        about = resource(message)
        assert about.type == f"enrayon/{message.name}"
        assert about.pattern
        assert about.singular == message.name[0].lower() + message.name[1:]
        assert about.plural
        name = message.fields_by_name["name"]
        assert (name.number, is_text(name), behaves_as(name, "IDENTIFIER")) == (1, True, True)


def test_references_lead_to_resources_that_there_are() -> None:
    types = {resource(message).type for message in RESOURCES}
    referred = {
        reference(field)
        for method in METHODS
        for field in request_fields(method)
        if reference(field)
    }
    assert referred - types == set()
