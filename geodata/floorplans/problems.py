"""The problem report of a plan or its placements, written for the person who corrects it."""

import dataclasses
import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

REPEATED_MAX = 20
"""Problems listed per code; more of the same code are summarised in one."""


class Severity(enum.Enum):
    """The severity of a problem: an ERROR prevents publishing, a WARNING does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem."""

    severity: Severity
    code: str
    """Stable and lower case, for example `overlapping_fixtures`."""
    path: str
    """Path into the plan: `fixtures[3].outline`, `aisles[7]`."""
    message: str
    suggestion: str = ""


def error(code: str, path: str, message: str, suggestion: str = "") -> Problem:
    """A problem that prevents publishing."""
    return Problem(Severity.ERROR, code, path, message, suggestion)


def warning(code: str, path: str, message: str, suggestion: str = "") -> Problem:
    """A problem that a person should check."""
    return Problem(Severity.WARNING, code, path, message, suggestion)


def summed_up(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The first `REPEATED_MAX` problems of each code, then one that counts the others."""
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
            message = f"and {count - REPEATED_MAX} more problems of this kind"
            kept.append(dataclasses.replace(last[key], path="", message=message, suggestion=""))
    return tuple(kept)


def has_errors(problems: Iterable[Problem]) -> bool:
    """True if any problem prevents publishing."""
    return any(problem.severity is Severity.ERROR for problem in problems)
