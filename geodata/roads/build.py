"""Builds the file of a road network from an OpenStreetMap extract."""

from pathlib import Path
from typing import Any

import numpy as np
import rustworkx
from numpy.typing import NDArray

from geodata.roads import file
from geodata.roads.edges import CLOSED, Edges, cut
from geodata.roads.errors import BadNetwork
from geodata.roads.expansion import Expanded, expand, forbidden
from geodata.roads.extract import Progress, read
from geodata.roads.hierarchy import NO_WAY, Hierarchy, library
from geodata.roads.islands import islands
from geodata.roads.modes import Mode

ATTRIBUTION = "© OpenStreetMap contributors"
LICENCE = "Open Database License 1.0, https://opendatacommons.org/licenses/odbl/1-0/"

_PER_DEGREE = 1e7


def build(extract_path: Path, path: Path, progress: Progress = lambda *_: None) -> str:
    """Write the network of an extract (PBF, XML or OPL) for all modes; returns its version.

    Raises:
        BadNetwork: the extract cannot be read, has no ways that lead to each other, or the extra
            `roads` is missing.
        OSError: the file cannot be written.
    """
    order = library()
    extract = read(extract_path, progress)
    edges = cut(extract, progress)
    to_exit = {mode: _exit_times(edges, mode) for mode in Mode}
    columns = _shared(edges)
    modes: dict[str, Any] = {}
    for step, mode in enumerate(Mode):
        progress(f"ordering the network: {mode}", step, len(Mode))
        expanded = expand(edges, mode, forbidden(edges, mode, extract))
        islands_of, expanded = islands(edges, mode, expanded)
        if not (islands_of >= 0).any():
            continue
        made = _mode_columns(edges, mode, expanded, islands_of, to_exit[mode])
        columns |= {f"{mode}/{name}": column for name, column in made.items()}
        modes[mode.value] = _counts(edges, mode, islands_of, len(made["junctions"]))
    if not modes:
        raise BadNetwork("the extract has no two places with roads to each other")
    south, west, north, east = extract.box or _hull(edges)
    about = {
        "attribution": ATTRIBUTION,
        "licence": LICENCE,
        "recipe": f"enrayon roads build {extract_path.name}",
        "source": extract_path.name,
        "date": extract.date,
        "bounds": [south, west, north, east],
        "has_border": extract.box is not None,
        "library": order,
        "modes": modes,
        "unread": extract.unread,
    }
    return file.write(path, about, columns)


def _hull(edges: Edges) -> tuple[float, float, float, float]:
    lat, lon = edges.shape_latitudes, edges.shape_longitudes
    return float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max())


def _shared(edges: Edges) -> dict[str, NDArray[Any]]:
    return {
        "latitudes": _steps(edges.latitudes),
        "longitudes": _steps(edges.longitudes),
        "tails": edges.tails.astype(np.uint32),
        "heads": edges.heads.astype(np.uint32),
        "shape_counts": np.diff(edges.shape_starts).astype(np.uint32),
        # Differences compress well.
        "shape_latitudes": np.diff(_steps(edges.shape_latitudes), prepend=0).astype(np.int32),
        "shape_longitudes": np.diff(
            _steps(edges.shape_longitudes).astype(np.int64), prepend=0
        ).astype(np.int32),
        "lengths_mm": np.rint(edges.lengths_m * 1000).astype(np.uint32),
    }


def _steps(degrees: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(degrees * _PER_DEGREE).astype(np.int32)


def _mode_columns(
    edges: Edges,
    mode: Mode,
    expanded: Expanded,
    islands_of: NDArray[np.int32],
    to_exit: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> dict[str, NDArray[Any]]:
    arcs = edges.arcs[mode]
    times = arcs.travel_ms.astype(np.int64) + arcs.penalty_ms
    at = expanded.junctions
    hierarchy = Hierarchy(
        expanded.tails,
        expanded.heads,
        times[expanded.arcs].astype(np.uint32),
        (edges.latitudes[at], edges.longitudes[at]),
    )
    return {
        "travel_ms": arcs.travel_ms,
        "penalty_ms": arcs.penalty_ms,
        "may_snap": arcs.may_snap,
        "islands": islands_of,
        "link_tails": expanded.tails.astype(np.uint32),
        "link_heads": expanded.heads.astype(np.uint32),
        "link_arcs": expanded.arcs.astype(np.uint32),
        "junctions": at.astype(np.uint32),
        "after_arc": expanded.after_arc.astype(np.int32),
        "at_junction": expanded.at_junction.astype(np.int32),
        "to_exit_ms": to_exit[0],
        "from_exit_ms": to_exit[1],
        "order": hierarchy.order().astype(np.uint32),
    }


def _exit_times(edges: Edges, mode: Mode) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Least times from each junction to the nearest exit of the extract, and from one to it.

    Turn restrictions are left out, and roads from which no way leads back are in it, so these
    are lower bounds.
    """
    begins, ends = edges.arc_ends()
    arcs = edges.arcs[mode]
    is_open = arcs.travel_ms != CLOSED
    times = (arcs.travel_ms[is_open].astype(np.int64) + arcs.penalty_ms[is_open]).tolist()
    outside = len(edges.node_ids)
    exits = [(outside, exit, 0) for exit in np.flatnonzero(edges.exits).tolist()]
    found = []
    for first, last in ((ends, begins), (begins, ends)):
        graph: rustworkx.PyDiGraph[None, int] = rustworkx.PyDiGraph()
        graph.add_nodes_from([None] * (outside + 1))
        links = zip(first[is_open].tolist(), last[is_open].tolist(), times, strict=True)
        graph.extend_from_weighted_edge_list([*links, *exits])
        lengths = rustworkx.dijkstra_shortest_path_lengths(graph, outside, float)
        column = np.full(outside, NO_WAY)
        for node, length in lengths.items():
            if node != outside:
                column[node] = int(length)
        found.append(column)
    return found[0], found[1]


def _counts(edges: Edges, mode: Mode, islands_of: NDArray[np.int32], nodes: int) -> dict[str, Any]:
    is_used = islands_of >= 0
    counted_m = np.where(edges.over_squares, 0.0, edges.lengths_m)
    lengths = np.bincount(islands_of[is_used], counted_m[is_used])
    return {
        "edges": int(is_used.sum()),
        "nodes": nodes,
        "islands_km": [round(float(length) / 1000, 3) for length in lengths],
        "left_out_km": round(edges.arcs[mode].dropped_m / 1000, 3),
    }
