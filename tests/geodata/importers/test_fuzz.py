"""Tests that readers give a report or an `ImporterError` for mutated files, and no other error."""

import contextlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.importers import FORMATS, Import, ImporterError, read
from geodata.importers.record import words
from geodata.stores import STORE_ID
from tests.support.store_files import FEATURE, SEEDS, extract

MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "repeat", "drop"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=12),
    ),
    max_size=6,
)


MANY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""Each example rewrites the file of the test."""


def mutated(seed: bytes, mutations: list[tuple[str, float, bytes]]) -> bytes:
    data = seed
    for kind, where, what in mutations:
        at = int(where * len(data))
        match kind:
            case "flip":
                data = data[:at] + what[:1] + data[at + 1 :]
            case "cut":
                data = data[:at]
            case "insert":
                data = data[:at] + what + data[at:]
            case "repeat":
                data = data[:at] + data[at : at + 40] * 3 + data[at + 40 :]
            case _:
                data = data[:at] + data[at + len(what) :]
    return data


def checked(path: Path, data: bytes, format_: str) -> None:
    path.write_bytes(data)
    with contextlib.suppress(ImporterError):
        result = read(path, format_, source="x")
        assert isinstance(result, Import)
        assert result.rows >= len(result.stores) + len(result.rejected)
        for store in result.stores:
            assert STORE_ID.fullmatch(store.id)
            assert 1 <= len(store.display_name) <= 300
            store.display_name.encode()


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_themselves_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "seed"
    path.write_bytes(SEEDS[name])
    assert read(path, source="x").stores


@MANY
@given(
    name=st.sampled_from(sorted(SEEDS)),
    format_=st.sampled_from([name for name in FORMATS if name != "osm"]),
    mutations=MUTATIONS,
)
def test_mangled_text_gives_a_report_or_an_importer_error(
    tmp_path: Path, name: str, format_: str, mutations: list[tuple[str, float, bytes]]
) -> None:
    checked(tmp_path / "mangled", mutated(SEEDS[name], mutations), format_)


@MANY
@given(name=st.sampled_from(sorted(SEEDS)), mutations=MUTATIONS)
def test_mangled_text_of_a_known_kind_does_too(
    tmp_path: Path, name: str, mutations: list[tuple[str, float, bytes]]
) -> None:
    checked(tmp_path / "mangled", mutated(SEEDS[name], mutations), "auto")


@MANY
@given(data=st.binary(max_size=300), format_=st.sampled_from(FORMATS))
def test_any_bytes_do_too(tmp_path: Path, data: bytes, format_: str) -> None:
    checked(tmp_path / "any", data, format_)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KEYS = words(
    """
    @id @spider ref name brand addr:city addr:country opening_hours phone website shop
    payment:visa end_date
    """
)
NODE_KEYS = words(
    """
    name branchCode identifier address geo brand telephone url openingHours amenityFeature
    openingHoursSpecification specialOpeningHoursSpecification
    """
)


@MANY
@given(
    properties=st.dictionaries(st.sampled_from(sorted(KEYS)), JSON),
    geometry=JSON
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["Point", "Polygon", "MultiPolygon"]), "coordinates": JSON}
    ),
)
def test_features_of_any_values_give_a_report(
    tmp_path: Path, properties: dict[str, object], geometry: object
) -> None:
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    document = {"type": "FeatureCollection", "features": [feature, FEATURE]}
    checked(tmp_path / "a.json", json.dumps(document).encode(), "geojson")


@MANY
@given(node=st.dictionaries(st.sampled_from(sorted(NODE_KEYS)), JSON))
def test_places_of_any_values_give_a_report(tmp_path: Path, node: dict[str, object]) -> None:
    document = json.dumps([{**node, "@type": "Store"}]).encode()
    checked(tmp_path / "a.json", document, "jsonld")


def test_mangled_extracts_give_a_report_or_an_importer_error(tmp_path: Path) -> None:
    seed, rng = extract(), random.Random(11)
    for _ in range(150):
        data = bytearray(seed)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        checked(tmp_path / "a.osm.pbf", bytes(data), "osm")
