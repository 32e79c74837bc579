"""Masks: what is asked for comes, nothing else, and what does not exist is named."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.chassis.messages.masks import ReadMasks, check_mask, read, selects_all

STORE = pb.Store.DESCRIPTOR
KAMPPI = pb.Store(
    name="stores/osm-1",
    display_name="Kamppi",
    address={"locality": "Helsinki", "postal_code": "00100", "region_code": "FI"},
    location={"latitude": 60.1687, "longitude": 24.9319},
    service_area={"postal_codes": ["00100"]},
    external_ids={"osm": "node/1", "gln": "6430000000001"},
    phones=["+358 9 1", "+358 9 2"],
)


def mask(*paths: str) -> FieldMask:
    return FieldMask(paths=paths)


@pytest.mark.parametrize(
    "paths",
    [
        (),
        ("*",),
        ("name", "display_name"),
        ("address.locality", "service_area.radius_m"),
        ("location.latitude",),
        ("external_ids",),
        ("update_time.seconds",),
    ],
)
def test_paths_to_fields_are_taken(paths: tuple[str, ...]) -> None:
    check_mask(mask(*paths), STORE, "read_mask")


@pytest.mark.parametrize(
    "path",
    [
        "colour",
        "",
        ".",
        "name.",
        ".name",
        "displayName",
        "name.first",
        "address.colour",
        "address..locality",
        "address.*",
        "external_ids.osm",
        "external_ids.value",
        "service_area.polygons.rings",
        "phones.0",
    ],
)
def test_a_path_to_no_field_is_refused_by_its_name(path: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_mask(mask("name", path), STORE, "update_mask")
    [violation] = refused.value.violations
    assert violation.field == "update_mask"
    assert violation.description == f"Store has no field {path!r}"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [((), True), (("*",), True), (("name", "*"), True), (("name",), False)],
)
def test_a_read_mask_that_is_empty_or_has_a_star_asks_for_all(
    paths: tuple[str, ...], expected: bool
) -> None:
    assert expected == selects_all(mask(*paths))


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("name",), pb.Store(name="stores/osm-1")),
        (("address.locality",), pb.Store(address={"locality": "Helsinki"})),
        (
            ("address", "address.locality"),
            pb.Store(address={"locality": "Helsinki", "postal_code": "00100", "region_code": "FI"}),
        ),
        (
            ("external_ids", "phones"),
            pb.Store(
                external_ids={"osm": "node/1", "gln": "6430000000001"},
                phones=["+358 9 1", "+358 9 2"],
            ),
        ),
        (("brand", "entrance", "entrance.latitude", "opening_date.year"), pb.Store()),
    ],
)
def test_only_what_was_asked_for_comes(paths: tuple[str, ...], expected: pb.Store) -> None:
    assert expected == read(mask(*paths), KAMPPI)


def test_a_field_that_is_not_set_stays_so() -> None:
    answer = read(mask("service_area.radius_m", "entrance"), KAMPPI)
    assert isinstance(answer, pb.Store)
    assert not answer.service_area.HasField("radius_m")
    assert not answer.HasField("entrance")


def test_what_is_read_is_a_copy() -> None:
    answer = read(mask("phones"), KAMPPI)
    assert isinstance(answer, pb.Store)
    answer.phones.append("+358 9 3")
    assert list(KAMPPI.phones) == ["+358 9 1", "+358 9 2"]


@pytest.mark.parametrize(
    ("paths", "asked", "left"),
    [
        ((), {"name", "brand"}, KAMPPI),
        (("*",), {"name", "address", "location"}, KAMPPI),
        (("address.locality",), {"address"}, pb.Store(address={"locality": "Helsinki"})),
        (("name", "*"), {"name", "address"}, KAMPPI),
        (("address.locality", "*"), {"name", "address"}, KAMPPI),
        (("brand", "display_name"), {"brand"}, pb.Store(display_name="Kamppi")),
    ],
)
def test_a_read_mask_knows_what_to_fill_in_and_cuts_off_the_rest(
    paths: tuple[str, ...], asked: set[str], left: pb.Store
) -> None:
    fields = ReadMasks(STORE, dear={"address", "location"}).of(mask(*paths))
    message = pb.Store()
    message.CopyFrom(KAMPPI)
    fields.cut(message)

    assert asked <= fields.fields
    assert (not paths) == (fields.fields == {*STORE.fields_by_name} - {"address", "location"})
    assert left == message


def test_a_read_mask_of_no_field_is_refused() -> None:
    with pytest.raises(InvalidArgument) as refused:
        ReadMasks(STORE).of(mask("nmae"))
    [violation] = refused.value.violations
    assert "read_mask" == violation.field
