"""Pinned packages have licences that fit Apache-2.0, a full list and a bill of materials."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

from tests.deploy.queries import DEPLOY

MADE = runpy.run_path(str(DEPLOY / "licences.py"))
FIT = re.compile(
    r"(Apache-2\.0|MIT|MIT-0|0?BSD|BSD-\d-Clause|3-Clause BSD License|ISC|Zlib|CC0-1\.0|PSF-2\.0"
    r"|MPL-2\.0|OFL-1\.1)"
)


def test_the_list_of_licences_is_what_its_script_writes_on_every_python():
    assert 60 < len(MADE["rows"]())
    assert (DEPLOY / "licences.md").read_text() == MADE["document"]()


def test_the_list_looks_at_every_python_from_which_a_marker_tells_otherwise():
    lock = (DEPLOY / "requirements.lock").read_text()
    found = re.findall(r"python_(?:full_)?version *[<>=!]+ *'([\d.]+)'", lock)
    pythons = {each if each.count(".") == 2 else f"{each}.0" for each in found}
    assert set() < pythons <= set(MADE["PYTHONS"])


def test_every_licence_fits():
    told = [row.split("|")[3].strip() for row in MADE["rows"]()]
    parts = {part for each in told for part in re.split(r" (?:AND|OR|or) |[()]", each) if part}
    assert set() == {part for part in parts if not FIT.fullmatch(part)}


def test_the_bill_of_materials_lists_all_that_is_pinned(tmp_path: Path):
    program = Path(sys.executable).with_name("cyclonedx-py")
    lock = DEPLOY / "requirements.lock"
    made = tmp_path / "sbom.json"
    # `make sbom` also checks it against the schema, which takes most of the time.
    options = ["--no-validate", "--output-reproducible", "--of", "JSON", "-o", str(made)]
    subprocess.run([program, "requirements", *options, str(lock)], check=True, capture_output=True)
    bill = json.loads(made.read_text())
    assert "CycloneDX" == bill["bomFormat"]
    listed = {(part["name"], part["version"]) for part in bill["components"]}
    assert set(MADE["pinned"](lock.read_text()).items()) <= listed
