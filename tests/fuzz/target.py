"""A target: a reader of bytes from outside, what it may refuse them with, and small real inputs.

The law of each is the same: an input is read, and comes back as it was where there is a way back,
or it is refused with the documented error. Any other error is a fault, as is a hang or memory
without bound.
"""

import asyncio
import atexit
import importlib
import pkgutil
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from tests.fuzz import targets

Check = Callable[[bytes], None]
Seeds = Callable[[], Sequence[bytes]]


class Refused(Exception):
    """The input is none of those that are read, as an answer says rather than an error."""


@dataclass(frozen=True)
class Target:
    """A reader under test."""

    name: str
    check: Check
    """Reads an input and asserts what must hold of the result."""
    seeds: Seeds
    refusals: tuple[type[Exception], ...]
    """The documented errors."""

    def takes(self, data: bytes) -> bool:
        """Whether an input is read; False when it is refused as documented.

        Raises:
            Exception: the law is broken.
        """
        try:
            self.check(data)
        except self.refusals:
            return False
        return True


TARGETS: dict[str, Target] = {}


def target(seeds: Seeds, *refusals: type[Exception]) -> Callable[[Check], Check]:
    """Register a check as the target of its name."""

    def register(check: Check) -> Check:
        name = check.__name__
        assert name not in TARGETS
        TARGETS[name] = Target(name, check, seeds, (Refused, *refusals))
        return check

    return register


def text_of(data: bytes) -> str:
    """The text of an input, as a transport that takes UTF-8 alone hands it on."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused from None


def document_of(data: bytes) -> dict[str, Any]:
    """The object in some JSON."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Refused from None
    if not isinstance(found, dict):
        raise Refused
    return found


def file_of(data: bytes, name: str = "input") -> Path:
    """A file with the input, the same for each of a name; what it held before is gone."""
    path = _folder() / name
    path.write_bytes(data)
    return path


def run(answer: Coroutine[Any, Any, Any]) -> Any:
    """The result of something asynchronous."""
    return _runner().run(answer)


def all_targets() -> dict[str, Target]:
    """Every target by name."""
    for module in pkgutil.iter_modules(targets.__path__):
        importlib.import_module(f"{targets.__name__}.{module.name}")
    return TARGETS


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="enrayon-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
