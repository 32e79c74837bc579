"""Shortest times by a customisable contraction hierarchy.

The method is of J. Dibbelt, B. Strasser and D. Wagner, "Customizable Contraction Hierarchies"
(2016); RoutingKit computes it, through `pyroutingkit`. This is the only module that knows that
library. Its calls read foreign memory at a node that does not exist, so nodes are checked here.
"""

import sys
import tempfile
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.roads.errors import BadNetwork

Ints = NDArray[np.int64]

NO_WAY = 1 << 40
"""Milliseconds that stand for no way: more than any sum of times; a few of it may be added."""
_MANY_ORIGINS = 16
_ROWS_AT_ONCE = 16
_COLUMNS_AT_ONCE = 2_000
_MOST_NODES = 1 << 31


def library() -> str:
    """Name, version and byte order of the library; a saved order of nodes is for the same alone.

    Raises:
        BadNetwork: it is not installed.
    """
    _import()
    return f"pyroutingkit {version('pyroutingkit')} {sys.byteorder}"


def _import() -> Any:
    try:
        import pyroutingkit  # an extra, with wheels for few machines
    except ImportError:
        raise BadNetwork(
            "road networks need the library pyroutingkit; install it with: "
            "pip install 'enrayon[roads]'"
        ) from None
    return pyroutingkit


class Hierarchy:
    """Shortest times and ways between the nodes of a network."""

    def __init__(
        self,
        tails: Ints,
        heads: Ints,
        times_ms: NDArray[np.uint32],
        positions: tuple[ArrayLike, ArrayLike],
        order: Ints | None = None,
    ) -> None:
        """Links from `tails` to `heads`; latitudes and longitudes of the nodes guide the order.

        With the `order` of the same links, it is not computed again.

        Raises:
            BadNetwork: a link ends at no node, or the library is not installed.
        """
        routing = _import()
        latitudes, longitudes = (np.asarray(axis, np.float32) for axis in positions)
        self.node_count = len(latitudes)
        self._lock = Lock()
        ends = np.concatenate((tails, heads))
        sizes = {len(tails), len(heads), len(times_ms)}
        if not 0 < self.node_count < _MOST_NODES or len(sizes) > 1:
            raise BadNetwork("the network has no nodes, or too many")
        if ends.size and not 0 <= ends.min() <= ends.max() < self.node_count:
            raise BadNetwork("a link of the network ends at no node")
        self._topology = routing.CCHTopology()
        if order is None:
            self._topology.build(
                tails.astype(np.uint32), heads.astype(np.uint32), latitudes, longitudes,
                self.node_count,
            )  # fmt: skip
        else:
            self._load(order, tails, heads)
        self._metric = routing.CCHMetric(self._topology)
        self._metric.customize(times_ms.astype(np.uint32))
        self._links = tails, heads, times_ms, (latitudes, longitudes)
        self._infinite = int(routing.INF_WEIGHT)

    @cached_property
    def _backward(self) -> "Hierarchy":
        """The same with all links reversed, in the same order of nodes."""
        tails, heads, times_ms, positions = self._links
        return Hierarchy(heads, tails, times_ms, positions, self.order())

    def _load(self, order: Ints, tails: Ints, heads: Ints) -> None:
        nodes = np.arange(self.node_count)
        if len(order) != self.node_count or (np.sort(order) != nodes).any():
            raise BadNetwork("the saved order of nodes is of another network")
        ranks = np.empty(self.node_count, np.uint32)
        ranks[order] = nodes
        parts = {"node_count": [self.node_count], "order": order, "rank": ranks,
                 "tail": tails, "head": heads}  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="enrayon-roads-") as folder:
            for name, part in parts.items():
                (Path(folder) / name).write_bytes(np.asarray(part, np.uint32).tobytes())
            self._topology.load(folder)

    def order(self) -> Ints:
        """The order of the nodes, for another start with the same links."""
        with tempfile.TemporaryDirectory(prefix="enrayon-roads-") as folder:
            self._topology.save(folder)
            return np.fromfile(Path(folder) / "order", np.uint32).astype(np.int64)

    def times_ms(self, origins: Ints, targets: Ints) -> Ints:
        """Milliseconds from each origin (rows) to each target (columns); `NO_WAY` if none."""
        if not (origins.size and targets.size):
            return np.full((origins.size, targets.size), NO_WAY)
        rows, columns = self._checked(origins), self._checked(targets)
        if rows.size > _MANY_ORIGINS and rows.size > columns.size:
            # A row costs a search, a column nearly nothing.
            return self._backward.times_ms(targets, origins).T
        times = np.empty((rows.size, columns.size), np.int64)
        # In parts, so that a search on the event loop waits for the lock but a few milliseconds.
        for row in range(0, rows.size, _ROWS_AT_ONCE):
            for column in range(0, columns.size, _COLUMNS_AT_ONCE):
                part = slice(row, row + _ROWS_AT_ONCE), slice(column, column + _COLUMNS_AT_ONCE)
                with self._lock:
                    times[part] = self._metric.distances_many_to_many(
                        rows[part[0]], columns[part[1]]
                    )
        times[times >= self._infinite] = NO_WAY
        return times

    def way(self, origin: int, target: int) -> tuple[int, list[int]]:
        """Milliseconds and the numbers of the links of a shortest way."""
        self._checked(np.array([origin, target]))
        with self._lock:
            time, _, links = self._metric.query(origin, target)
        if time >= self._infinite:
            return NO_WAY, []
        return int(time), [int(link) for link in links]

    def _checked(self, nodes: Ints) -> NDArray[np.uint32]:
        if nodes.min() < 0 or nodes.max() >= self.node_count:
            raise ValueError("the network has no such node; it was snapped on another network")
        return nodes.astype(np.uint32)
