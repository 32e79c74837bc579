"""Only what a bare machine lacks may be skipped, and nothing may fail."""

from pathlib import Path

import pytest

from tests.fresh.verdict import verdict_of


@pytest.fixture
def judged(tmp_path: Path):
    def judge(*cases: str):
        file = tmp_path / "junit.xml"
        inner = "".join(
            f'<testcase classname="a" name="t{n}">{c}</testcase>' for n, c in enumerate(cases)
        )
        file.write_text(f"<testsuites><testsuite>{inner}</testsuite></testsuites>")
        return verdict_of(file)

    return judge


def test_what_needs_a_thing_that_is_lacking_may_be_skipped(judged):
    verdict = judged(
        "",
        '<skipped message="needs Chromium: apt-get install chromium"/>',
        '<skipped message="needs the real data in ../shared/data, which ..."/>',
        '<skipped message="needs the real data in ../shared/data, which ..."/>',
    )
    assert verdict.is_good
    assert {"a browser": 1, "../shared": 2} == dict(verdict.skipped)
    assert "1 passed, 0 failed, 3 skipped (2 need ../shared, 1 need a browser)" == str(verdict)


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        ('<failure message="boom"/>', "failed: a.t1"),
        ('<error message="no port"/>', "failed: a.t1"),
        ('<skipped message="there is no promtool here"/>', "skipped: a.t1: there is no promtool"),
        ('<skipped message=""/>', "skipped: a.t1: "),
    ],
)
def test_any_other_end_of_a_test_is_a_fault(judged, case, fault):
    verdict = judged("", case)
    assert not verdict.is_good
    assert [True] == [each.startswith(fault) for each in verdict.faults]


def test_no_test_at_all_is_no_success(judged):
    assert not judged().is_good
    assert not judged('<skipped message="needs Chromium"/>').is_good
