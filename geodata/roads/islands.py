"""Finds the islands of a network: parts within which a legal way leads from any place to any other.

A legal way is a path of the expanded network, so forbidden turns, barriers and roads for
destinations are heeded. Each island has a core, a strongly connected part of the expanded network.
An edge belongs to the island if its core can be reached from it, and it from the core; so between
two edges of an island there is a way, over the core at the latest.
"""

from dataclasses import replace

import numpy as np
import rustworkx
from numpy.typing import NDArray

from geodata.roads.edges import CLOSED, Edges
from geodata.roads.expansion import Expanded
from geodata.roads.modes import Mode

Bools = NDArray[np.bool_]
Graph = rustworkx.PyDiGraph

MIN_ISLAND_M = 2_000.0
"""A connected part of less length is left out, if a larger one is there: a car park whose gate
is closed, a path drawn without its connection. Points snap past it to the nearest other edge."""


def islands(edges: Edges, mode: Mode, expanded: Expanded) -> tuple[NDArray[np.int32], Expanded]:
    """The island of each edge, numbered by falling length, and the network of all ways in them.

    Edges outside of islands have -1: nothing snaps to a road that cannot be reached, or from which
    no way leads on. Those on which no way between islands' edges passes are closed in `edges`.
    """
    arcs = edges.arcs[mode]
    was_open = (arcs.travel_ms != CLOSED).reshape(-1, 2).any(axis=1)
    # Ferries and tunnels alone are no island, since nothing snaps to them; nor is a square alone.
    lengths_m = np.where(arcs.may_snap & ~edges.over_squares, edges.lengths_m, 0.0)
    graph = _graph(expanded)
    found = np.full(len(edges.tails), -1, np.int32)
    lengths: list[float] = []
    for core, inner in _cores(edges, expanded, graph):
        is_first = not lengths
        if not is_first and lengths_m[inner[found[inner] < 0]].sum() < MIN_ISLAND_M:
            continue
        is_new = _around(core, expanded, graph) & (found < 0)
        length = float(lengths_m[is_new].sum())
        if length >= MIN_ISLAND_M or (is_first and length > 0):
            found[is_new] = len(lengths)
            lengths.append(length)
    rank = np.empty(len(lengths) + 1, np.int32)
    rank[np.argsort(-np.array(lengths), kind="stable")] = np.arange(len(lengths))
    rank[-1] = -1
    found = rank[found]
    arcs.dropped_m = float(edges.lengths_m[was_open & (found < 0) & ~edges.over_squares].sum())
    pruned = _pruned(edges, expanded, graph, found >= 0)
    is_used = np.repeat(found >= 0, 2)
    is_used[pruned.arcs] = True
    arcs.travel_ms[~is_used] = CLOSED
    return found, pruned


def _graph(expanded: Expanded) -> Graph[None, None]:
    graph: Graph[None, None] = Graph()
    graph.add_nodes_from([None] * len(expanded.junctions))
    graph.extend_from_edge_list(
        list(zip(expanded.tails.tolist(), expanded.heads.tolist(), strict=True))
    )
    return graph


def _cores(
    edges: Edges, expanded: Expanded, graph: Graph[None, None]
) -> list[tuple[int, NDArray[np.int64]]]:
    """A node of each part that may be a core and the edges within it; the longest part first."""
    part = np.empty(len(expanded.junctions), np.int64)
    for number, nodes in enumerate(rustworkx.strongly_connected_components(graph)):
        part[list(nodes)] = number
    is_inner = part[expanded.tails] == part[expanded.heads]
    pairs = np.column_stack((part[expanded.tails], expanded.arcs >> 1))[is_inner]
    parts, inner = np.unique(pairs, axis=0).T
    lengths = np.bincount(parts, edges.lengths_m[inner])
    starts = np.searchsorted(parts, np.arange(len(lengths) + 1))
    node_of = np.zeros(max(len(lengths), int(part.max(initial=0)) + 1), np.int64)
    node_of[part] = np.arange(len(part))
    order = np.argsort(-lengths, kind="stable").tolist()
    return [
        (int(node_of[each]), inner[starts[each] : starts[each + 1]])
        for nth, each in enumerate(order)
        if lengths[each] >= MIN_ISLAND_M or (nth == 0 and lengths[each] > 0)
    ]


def _around(core: int, expanded: Expanded, graph: Graph[None, None]) -> Bools:
    """Edges from which a node can be reached, and that can be reached from it."""
    size = len(expanded.junctions)
    after: Bools = np.zeros(size, np.bool_)
    before: Bools = np.zeros(size, np.bool_)
    after[[core, *rustworkx.descendants(graph, core)]] = True
    before[[core, *rustworkx.ancestors(graph, core)]] = True
    leads_on: Bools = (expanded.after_arc >= 0) & before[expanded.after_arc]
    is_reached: Bools = np.zeros(len(leads_on), np.bool_)
    is_reached[expanded.arcs[after[expanded.tails]]] = True
    return (leads_on[::2] | leads_on[1::2]) & (is_reached[::2] | is_reached[1::2])


def _pruned(edges: Edges, expanded: Expanded, graph: Graph[None, None], is_kept: Bools) -> Expanded:
    """The network without the nodes that no way between two kept edges passes."""
    at_end: Bools = np.zeros(len(edges.node_ids), np.bool_)
    at_end[edges.tails[is_kept]] = True
    at_end[edges.heads[is_kept]] = True
    begins = np.concatenate(
        (expanded.after_arc[np.repeat(is_kept, 2)], expanded.at_junction[at_end])
    )
    begins = np.unique(begins[begins >= 0])
    ends = np.flatnonzero(at_end[expanded.junctions])
    outside = len(expanded.junctions)
    reached: Bools = np.zeros(outside + 1, np.bool_)
    leading: Bools = np.zeros(outside + 1, np.bool_)
    graph.add_node(None)
    graph.extend_from_edge_list([(outside, node) for node in begins.tolist()])
    reached[list(rustworkx.descendants(graph, outside))] = True
    graph.remove_node(outside)
    outside = graph.add_node(None)
    graph.extend_from_edge_list([(node, outside) for node in ends.tolist()])
    leading[list(rustworkx.ancestors(graph, outside))] = True
    is_passed: Bools = reached[:-1] & leading[:-1]
    number = np.where(is_passed, np.cumsum(is_passed) - 1, -1)
    number = np.append(number, -1)  # of the node -1: none
    links = is_passed[expanded.tails] & is_passed[expanded.heads]
    after_arc = number[expanded.after_arc]
    at_junction = number[expanded.at_junction]
    return replace(
        expanded,
        tails=number[expanded.tails[links]],
        heads=number[expanded.heads[links]],
        arcs=expanded.arcs[links],
        junctions=expanded.junctions[is_passed],
        after_arc=after_arc,
        at_junction=at_junction,
    )
