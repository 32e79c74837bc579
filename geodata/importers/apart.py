"""Runs a reader of a dangerous format in a process of its own, and takes its rows as they come."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import orjson

from geodata.importers.report import ImporterError


@contextmanager
def lines_of(arguments: Sequence[str], content: IO[bytes] | int, what: str) -> Iterator[Any]:
    """The lines of JSON that a Python process writes, each as an object.

    Args:
        arguments: of the Python interpreter.
        content: the standard input of the process.
        what: the noun for the file in errors.

    Raises:
        ImporterError: the process told an error, or ended before its time.
    """
    command = [sys.executable, *arguments]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        command, stdin=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield _objects(process, what)
        finally:
            process.kill()


def _objects(process: "subprocess.Popen[bytes]", what: str) -> Iterator[Any]:
    assert process.stdout
    for line in process.stdout:
        if not line.endswith(b"\n"):
            break
        told = orjson.loads(line)
        if isinstance(told, dict) and told.keys() == {"error"}:
            raise ImporterError(told["error"])
        yield told
    if process.wait() != 0:
        raise ImporterError(
            f"the {what} is damaged, or needs over 2 GiB of memory; save it as CSV, or split it"
        )
