"""Cuts the ways of an extract at junctions into edges, with the time of each mode along them.

Edge e has two arcs: arc 2e runs in the direction of the way, arc 2e + 1 against it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.roads.errors import BadNetwork
from geodata.roads.extract import Extract, Line, Progress, line_usages
from geodata.roads.modes import Mode
from geodata.roads.tags import is_between_stops, is_blocked, signal_s

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CLOSED = 0xFFFFFFFF
"""The time of an arc that a mode may not use."""
MOST_MS = 100 * 3_600_000
"""No edge takes longer; one that does is left out."""


@dataclass(slots=True)
class ModeArcs:
    """The arcs as one mode uses them; arrays have an element for each arc."""

    travel_ms: NDArray[np.uint32]
    """Rounded up to whole milliseconds; CLOSED if not allowed."""
    penalty_ms: NDArray[np.uint32]
    """Wait at the end of the arc."""
    is_destination: NDArray[np.bool_]
    """By edge: only for journeys that begin or end there."""
    may_snap: NDArray[np.bool_]
    """By edge: False where nobody gets on or off: on ferries and in tunnels of vehicles."""
    blocked: Ints
    """Junctions that the mode cannot pass, only turn round at."""
    dropped_m: float = 0.0
    """Length of edges outside of islands: nothing snaps to them."""


@dataclass(slots=True)
class Edges:
    """Junctions, edges between them with their shape, and the arcs of each mode."""

    node_ids: Ints
    """OSM ids of the junctions."""
    latitudes: Floats
    longitudes: Floats
    tails: Ints
    """First junction, by edge."""
    heads: Ints
    shape_starts: Ints
    """Edge e has the shape points from `shape_starts[e]` to before `shape_starts[e + 1]`."""
    shape_latitudes: Floats
    shape_longitudes: Floats
    lengths_m: Floats
    over_squares: NDArray[np.bool_]
    """Edges that are no ways of the map; they make no island."""
    ways: Ints
    """OSM id of the way, by edge."""
    exits: NDArray[np.bool_]
    """Junctions at which a way may leave the extract."""
    arcs: dict[Mode, ModeArcs]

    def arc_ends(self) -> tuple[Ints, Ints]:
        """Junctions at which each arc begins and ends."""
        begins = np.column_stack((self.tails, self.heads)).ravel()
        return begins, np.column_stack((self.heads, self.tails)).ravel()


def cut(extract: Extract, progress: Progress = lambda *_: None) -> Edges:
    """The edges of an extract."""
    is_junction = _junctions(extract)
    row = np.full(len(extract.node_ids), -1, np.int64)
    row[is_junction] = np.arange(int(is_junction.sum()))
    parts: list[tuple[int, int, int, Ints]] = []
    lengths: list[float] = []
    over_squares: list[bool] = []
    columns: dict[Mode, list[tuple[int, int, int, int, bool, bool]]] = {m: [] for m in Mode}
    for count, line in enumerate(extract.lines):
        if count % 5_000 == 0:
            progress("cutting ways at junctions", count, len(extract.lines))
        usages, steps_m = line_usages(line, extract)
        stops = np.flatnonzero(is_junction[line.nodes])
        sums = np.concatenate(([0.0], np.cumsum(steps_m)))
        for start, end in zip(stops[:-1].tolist(), stops[1:].tolist(), strict=True):
            first, last = int(line.nodes[start]), int(line.nodes[end])
            parts.append((int(row[first]), int(row[last]), line.way, line.nodes[start : end + 1]))
            length = float(sums[end] - sums[start])
            lengths.append(length)
            over_squares.append(line.is_over_square)
            for mode in Mode:
                columns[mode].append(_column(line, usages, mode, length, first, last, extract))
    starts = np.concatenate(([0], np.cumsum([len(nodes) for *_, nodes in parts])))
    shape = np.concatenate([nodes for *_, nodes in parts])
    latitudes, longitudes = extract.latitudes[is_junction], extract.longitudes[is_junction]
    edges = Edges(
        node_ids=extract.node_ids[is_junction],
        latitudes=latitudes,
        longitudes=longitudes,
        tails=np.array([part[0] for part in parts]),
        heads=np.array([part[1] for part in parts]),
        shape_starts=starts,
        shape_latitudes=extract.latitudes[shape],
        shape_longitudes=extract.longitudes[shape],
        lengths_m=np.array(lengths),
        over_squares=np.array(over_squares),
        ways=np.array([part[2] for part in parts]),
        exits=_exits(extract)[is_junction],
        arcs={mode: _mode_arcs(columns[mode], extract, row, mode) for mode in Mode},
    )
    if all((arcs.travel_ms == CLOSED).all() for arcs in edges.arcs.values()):
        raise BadNetwork("the extract has no way that a car, a bicycle or a walker may use")
    return edges


def _junctions(extract: Extract) -> NDArray[np.bool_]:
    """Nodes at which edges end: shared by ways, ends of ways, signals, barriers, via nodes."""
    nodes = np.concatenate([line.nodes for line in extract.lines])
    found = np.bincount(nodes, minlength=len(extract.node_ids)) > 1
    for line in extract.lines:
        found[line.nodes[[0, -1]]] = True
    used = np.zeros_like(found)
    used[nodes] = True
    found[list(extract.node_tags)] = True
    found |= extract.is_cut
    vias = [each.via_node for each in extract.restrictions if each.via_node is not None]
    rows = np.searchsorted(extract.node_ids, vias)
    rows = rows[rows < len(found)]
    found[rows] = True
    if extract.box:
        # A way is cut where it leaves the box, so that a way that returns has a junction there.
        outside = _outside(extract)
        for line in extract.lines:
            leaves = np.flatnonzero(np.diff(outside[line.nodes])) + 1
            found[line.nodes[leaves]] = True
    return found & used


def _outside(extract: Extract) -> NDArray[np.bool_]:
    south, west, north, east = extract.box or (-90, -180, 90, 180)
    inside = (extract.latitudes >= south) & (extract.latitudes <= north)
    inside &= (extract.longitudes >= west) & (extract.longitudes <= east)
    return ~inside


def _exits(extract: Extract) -> NDArray[np.bool_]:
    """Nodes from which a road may go on outside of the extract: nodes outside of its box, and
    ends of ways whose next node is missing. Without a box any node may be one."""
    if extract.box is None:
        return np.ones(len(extract.node_ids), np.bool_)
    return _outside(extract) | extract.is_cut


def _column(
    line: Line,
    usages: dict,  # type: ignore[type-arg]
    mode: Mode,
    length_m: float,
    first: int,
    last: int,
    extract: Extract,
) -> tuple[int, int, int, int, bool, bool]:
    """Travel and penalty of both arcs, destination only, may be snapped to."""
    found = usages.get(mode)
    if found is None:
        return CLOSED, 0, CLOSED, 0, False, False
    forward, backward = (
        CLOSED
        if speed is None or (time := int(np.ceil(length_m / speed * 1000))) > MOST_MS
        else time
        for speed in (found.forward, found.backward)
    )
    waits = (
        int(1000 * signal_s(extract.node_tags.get(node, {}), mode, is_forward=ahead))
        for node, ahead in ((last, True), (first, False))
    )
    ahead_ms, back_ms = waits
    is_open = not is_between_stops(line.tags)
    return forward, ahead_ms, backward, back_ms, found.is_destination, is_open


def _mode_arcs(
    column: list[tuple[int, int, int, int, bool, bool]], extract: Extract, row: Ints, mode: Mode
) -> ModeArcs:
    table = np.array([each[:4] for each in column], np.uint32)
    blocked = [node for node, tags in extract.node_tags.items() if is_blocked(tags, mode)]
    rows = row[blocked] if blocked else np.empty(0, np.int64)
    return ModeArcs(
        travel_ms=table[:, (0, 2)].ravel(),
        penalty_ms=table[:, (1, 3)].ravel(),
        is_destination=np.array([each[4] for each in column]),
        may_snap=np.array([each[5] for each in column]),
        blocked=rows[rows >= 0],
    )
