"""SECURITY.md and the self-assessment are complete, and name no address that there is not."""

import re
from pathlib import Path

import pytest

from tests.deploy.queries import DEPLOY

ROOT = DEPLOY.parent
ASSESSMENT = DEPLOY / "openssf-baseline.md"
STATES = {"met", "not met", "host", "n/a"}
CONTROLS = {"AC": 6, "BR": 12, "DO": 8, "GV": 6, "LE": 5, "QA": 13, "SA": 4, "VM": 10}
"""Controls of the baseline 2026.08.28 by category, counted in its own checklist."""


def rows() -> list[list[str]]:
    lines = ASSESSMENT.read_text().splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "| OSPS-" in line]


def test_each_control_is_judged_once():
    names = [row[0] for row in rows()]
    assert len(names) == len(set(names))
    counted = {name: sum(f"-{name}-" in each for each in names) for name in CONTROLS}
    assert CONTROLS == counted


def test_a_judgement_says_where_or_what_is_missing():
    for name, _, state, where in rows():
        assert state in STATES, name
        assert where or state == "host", name


@pytest.mark.parametrize("file", ["SECURITY.md", "deploy/openssf-baseline.md"])
def test_links_lead_to_files_and_no_address_is_invented(file):
    path = ROOT / file
    text = path.read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert [] == [link for link in links if not (path.parent / Path(link)).exists()]
    assert [] == re.findall(r"[\w.+-]+@[\w-]+\.\w+", text)


def test_the_readme_links_both():
    text = (ROOT / "README.md").read_text()
    assert "(SECURITY.md)" in text
    assert "(deploy/openssf-baseline.md)" in text
