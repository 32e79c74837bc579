"""What the tests on a bare machine did, and whether each that was skipped may be."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

MAY_BE_LACKING = {
    "a Redis server": "redis-server",
    "PostGIS": "PostGIS",
    "a browser": "Chromium",
    "a C compiler": "C compiler",
    "../shared": "../shared",
    "the fuzzer": "atheris",
    "Node.js": "Node.js",
    "the heavy readers": "make extras",
}
"""What a bare machine lacks, each with a word of the reasons of tests that need it."""


@dataclass
class Verdict:
    """What the tests did."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    """Tests that failed, or could not be set up."""
    skipped: Counter[str] = field(default_factory=Counter)
    """How many were skipped, by what they need; of `MAY_BE_LACKING` alone."""
    wrongly_skipped: list[str] = field(default_factory=list)
    """Tests that were skipped for another reason, with the reason."""

    @property
    def is_good(self) -> bool:
        """Whether tests passed, none failed, and each that was skipped may be."""
        return bool(self.passed) and not self.failed and not self.wrongly_skipped

    @property
    def faults(self) -> list[str]:
        """A line for each test that failed or was skipped wrongly."""
        return [*(f"failed: {each}" for each in self.failed), *self.wrongly_skipped]

    def __str__(self) -> str:
        skipped = ", ".join(f"{count} need {need}" for need, count in self.skipped.most_common())
        return (
            f"{self.passed} passed, {len(self.failed)} failed, "
            f"{self.skipped.total() + len(self.wrongly_skipped)} skipped"
            + (f" ({skipped})" if skipped else "")
        )


def verdict_of(junit: Path) -> Verdict:
    """The verdict on a file that pytest wrote with `--junitxml`."""
    verdict = Verdict()
    for case in ElementTree.parse(junit).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            verdict.failed.append(name)
        elif skipped is None:
            verdict.passed += 1
        else:
            reason = skipped.get("message") or ""
            need = next((need for need, word in MAY_BE_LACKING.items() if word in reason), None)
            if need:
                verdict.skipped[need] += 1
            else:
                verdict.wrongly_skipped.append(f"skipped: {name}: {reason}")
    return verdict
