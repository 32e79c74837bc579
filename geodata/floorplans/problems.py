"""What is wrong with a plan or its placements, said so that a person can put it right."""

import dataclasses
import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

REPEATED_MAX = 20
"""After so many problems of one code the rest are summed up."""


class Severity(enum.Enum):
    """Whether a plan can be published with it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong."""

    severity: Severity
    code: str
    """Stable and lower case, for example `overlapping_fixtures`."""
    path: str
    """Where, as a path into the plan: `fixtures[3].outline`, `aisles[7]`."""
    message: str
    suggestion: str = ""


def error(code: str, path: str, message: str, suggestion: str = "") -> Problem:
    """A problem that forbids publishing."""
    return Problem(Severity.ERROR, code, path, message, suggestion)


def warning(code: str, path: str, message: str, suggestion: str = "") -> Problem:
    """A problem that a person should look at."""
    return Problem(Severity.WARNING, code, path, message, suggestion)


def summed_up(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems, but of each code only the first `REPEATED_MAX` and then how many more."""
    kept: list[Problem] = []
    counts: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        key = (problem.code, problem.severity.value)
        counts[key] += 1
        last[key] = problem
        if counts[key] <= REPEATED_MAX:
            kept.append(problem)
    for key, count in counts.items():
        if count > REPEATED_MAX:
            message = f"and {count - REPEATED_MAX} more of these"
            kept.append(dataclasses.replace(last[key], path="", message=message, suggestion=""))
    return tuple(kept)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of them forbids publishing."""
    return any(problem.severity is Severity.ERROR for problem in problems)
