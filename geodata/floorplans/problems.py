"""What is wrong with a plan or its placements, said so that a person can put it right."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass


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


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of them forbids publishing."""
    return any(problem.severity is Severity.ERROR for problem in problems)
