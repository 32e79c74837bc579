"""A list of rows that is kept in a temporary file, so that a million need little memory."""

import copyreg
import os
import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import IO, Any, TypeVar

from geodata.importers.record import Record
from geodata.importers.report import ImporterError
from geodata.points import Point
from geodata.stores import Address, ServiceArea, Store

BLOCK = 500
"""Items that are written at once; the last ones, up to so many, are in memory."""

FEW = 10_000
"""Items up to this number are given back as a list."""

_KINDS = (Store, Address, ServiceArea, Point, Record)
"""The dataclasses of which a file has many: they are written by their slots, half as dear."""
_SETTERS = {kind: [getattr(kind, each.name).__set__ for each in fields(kind)] for kind in _KINDS}

T = TypeVar("T")


def _made(kind: Any, *values: object) -> Any:
    """An object from the values of its slots, as they were checked before."""
    item = kind.__new__(kind)
    for assign, value in zip(_SETTERS[kind], values, strict=True):
        assign(item, value)
    return item


def _reducer(kind: Any) -> Callable[[Any], tuple[Callable[..., Any], tuple[Any, ...]]]:
    values = attrgetter(*(each.name for each in fields(kind)))
    return lambda item: (_made, (kind, *values(item)))


_REDUCERS: dict[type, Callable[[Any], tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    kind: _reducer(kind) for kind in _KINDS
}


def _write(items: Sequence[object], file: IO[bytes]) -> None:
    pickler = pickle.Pickler(file, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, **_REDUCERS}
    pickler.dump(items)


class Spill(Sequence[T]):
    """Items in their order. What is read is a copy: a change of it is not kept."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._begins = array("Q")
        self._last: list[T] = []
        self._read: tuple[int, list[T]] = (-1, [])

    def __len__(self) -> int:
        return len(self._begins) * BLOCK + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._begins)):
            yield from self._block(number)
        yield from self._last

    def __getitem__(self, index: Any) -> Any:
        """One item; those near the one before cost little."""
        if isinstance(index, slice):
            return list(self)[index]
        number, place = divmod(range(len(self))[index], BLOCK)
        if number == len(self._begins):
            return self._last[place]
        if self._read[0] != number:
            self._read = (number, self._block(number))
        return self._read[1][place]

    def append(self, item: T) -> None:
        """Add an item.

        Raises:
            ImporterError: the folder of temporary files is full.
        """
        self._last.append(item)
        if len(self._last) == BLOCK:
            try:
                self._write()
            except OSError as error:
                raise ImporterError(
                    f"cannot keep rows in a temporary file: {error.strerror}; "
                    "set TMPDIR to a folder with room for some copies of the file"
                ) from error

    def _write(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="enrayon-")  # noqa: SIM115 - finalized
            weakref.finalize(self, self._file.close)
        self._begins.append(self._file.seek(0, os.SEEK_END))
        _write(self._last, self._file)
        self._file.flush()
        self._last = []

    def _block(self, number: int) -> list[T]:
        assert self._file is not None
        self._file.seek(self._begins[number])
        block: list[T] = pickle.load(self._file)  # noqa: S301 - written by this process alone
        return block


def listed(items: Sequence[T]) -> Sequence[T]:
    """The items as a list, if they are few."""
    return list(items) if len(items) <= FEW else items
