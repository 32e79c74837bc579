"""Shelves: for each SKU a bitmap of the stores that have it on the shelf.

A bit means `on_hand > safety_stock`. Holds do not count, so shelves narrow a search and never
decide it. The bitmaps are plain byte arrays: 10,000 SKUs over 30,000 stores take 38 MB, one bit
changes in 0.1 us, three bitmaps are joined and unpacked in a few microseconds. Compressed bitmaps
would be smaller where nearly every store lacks nearly every product, but need another native
dependency.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Bits = NDArray[np.uint8]
"""The bit of store n is bit n mod 8 of byte n div 8."""


class Shelves:
    """The bitmaps. Stores are numbered in the order in which they appear."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._stores: list[str] = []
        self._bits: dict[str, bytearray] = {}

    @property
    def stores(self) -> Sequence[str]:
        """The stores by number. Not to be changed."""
        return self._stores

    def put(self, store: str, sku: str, *, on_shelf: bool) -> None:
        """Set one bit."""
        number = self._numbers.get(store)
        if number is None:
            number = self._numbers[store] = len(self._stores)
            self._stores.append(store)
        bits = self._bits.get(sku)
        if bits is None:
            if not on_shelf:
                return
            bits = self._bits[sku] = bytearray()
        byte, bit = number >> 3, 1 << (number & 7)
        if byte >= len(bits):
            if not on_shelf:
                return
            bits.extend(bytes(byte + 1 - len(bits)))
        if on_shelf:
            bits[byte] |= bit
        else:
            bits[byte] &= ~bit

    def all_of(self, skus: Iterable[str]) -> Bits:
        """The stores that have every one of some products on the shelf."""
        return self._joined(skus, np.bitwise_and)

    def any_of(self, skus: Iterable[str]) -> Bits:
        """The stores that have one of some products on the shelf."""
        return self._joined(skus, np.bitwise_or)

    def stores_with(self, skus: Iterable[str]) -> list[str]:
        """The stores that have every one of some products on the shelf, by id."""
        bits = np.unpackbits(self.all_of(skus), bitorder="little")
        return sorted(self._stores[number] for number in np.flatnonzero(bits).tolist())

    def _joined(self, skus: Iterable[str], join: np.ufunc) -> Bits:
        size = (len(self._stores) + 7) // 8
        result: Bits | None = None
        for sku in skus:
            # A copy: a bytearray that an array views cannot grow.
            copy = bytes(self._bits.get(sku, b"")).ljust(size, b"\0")
            bits = np.frombuffer(copy, np.uint8)
            result = bits if result is None else join(result, bits)
        assert result is not None
        return result


def has_bits(bits: Bits, numbers: NDArray[np.int64]) -> Mask:
    """For each store, by number, whether its bit is set. A number below 0 is no store: False."""
    if not len(bits):
        return np.zeros(len(numbers), np.bool_)
    set_bits: Mask = (bits[numbers >> 3] >> (numbers & 7)) & 1 == 1
    return set_bits & (numbers >= 0)
