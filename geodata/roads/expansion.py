"""Expands a network by turn restrictions, so that every path of the result is a legal way.

A restriction is a sequence of arcs that no way may contain: two arcs at a junction, or more with
ways between. The sequences of a mode form an automaton (A. V. Aho and M. J. Corasick, "Efficient
string matching", 1975). A node of the expanded network is a junction with a state of the
automaton: the part of a forbidden sequence that the way just came by. Junctions without
restrictions have one state, so the network grows by little.

Roads for destinations only (residents' streets, car parks) add a phase: a way may begin on them,
then use public roads, then end on them; it may not pass through.
"""

import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.roads.edges import CLOSED, Edges
from geodata.roads.extract import Extract, Restriction
from geodata.roads.modes import Mode

Ints = NDArray[np.int64]

_BEGIN, _PUBLIC, _END = range(3)
"""Phases of a way."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """The network of one mode; every path is a legal way."""

    tails: Ints
    """Node at which each link begins."""
    heads: Ints
    arcs: Ints
    """The arc of each link."""
    junctions: Ints
    """The junction of each node."""
    after_arc: Ints
    """The node of a way that began on an arc, at the arc's end; -1 for closed arcs."""
    at_junction: Ints
    """The node of a way that begins at a junction; -1 where the mode has no arc."""


class Automaton:
    """Finds forbidden sequences in the arcs of a way, one arc at a time."""

    def __init__(self, sequences: Iterable[Sequence[int]]) -> None:
        self._next: list[dict[int, int]] = [{}]
        self._is_whole = [False]
        for sequence in sequences:
            state = 0
            for arc in sequence:
                if arc not in self._next[state]:
                    self._next[state][arc] = len(self._next)
                    self._next.append({})
                    self._is_whole.append(False)
                state = self._next[state][arc]
            self._is_whole[state] = True
        self._fall = [0] * len(self._next)
        waiting = deque(self._next[0].values())
        while waiting:
            state = waiting.popleft()
            for arc, after in self._next[state].items():
                self._fall[after] = self._after(self._fall[state], arc)
                self._is_whole[after] |= self._is_whole[self._fall[after]]
                waiting.append(after)

    def step(self, state: int, arc: int) -> int | None:
        """The state after an arc; None if the arc completes a forbidden sequence."""
        after = self._after(state, arc)
        return None if self._is_whole[after] else after

    def _after(self, state: int, arc: int) -> int:
        while state and arc not in self._next[state]:
            state = self._fall[state]
        return self._next[state].get(arc, 0)


def expand(edges: Edges, mode: Mode, sequences: Iterable[Sequence[int]]) -> Expanded:
    """Every junction with every state in which a way can reach it."""
    begins, ends = edges.arc_ends()
    arcs = edges.arcs[mode]
    open_arcs = np.flatnonzero(arcs.travel_ms != CLOSED)
    automaton = Automaton(sequences)
    private = np.repeat(arcs.is_destination, 2)
    out: dict[int, list[int]] = {}
    for arc in open_arcs.tolist():
        out.setdefault(int(begins[arc]), []).append(arc)
    numbers: dict[tuple[int, int, int], int] = {}
    waiting: deque[tuple[int, int, int]] = deque()

    def number(junction: int, phase: int, state: int) -> int:
        key = junction, phase, state
        if key not in numbers:
            numbers[key] = len(numbers)
            waiting.append(key)
        return numbers[key]

    at_junction = np.full(len(edges.node_ids), -1)
    after_arc = np.full(len(begins), -1)
    for arc in open_arcs.tolist():
        phase = _BEGIN if private[arc] else _PUBLIC
        state = automaton.step(0, arc)
        if state is not None:
            after_arc[arc] = number(int(ends[arc]), phase, state)
    touches_private = np.zeros(len(edges.node_ids), np.bool_)
    closed = open_arcs[private[open_arcs]]
    touches_private[begins[closed]] = touches_private[ends[closed]] = True
    for junction in np.unique(np.concatenate((begins[open_arcs], ends[open_arcs]))).tolist():
        phase = _BEGIN if touches_private[junction] else _PUBLIC
        at_junction[junction] = number(junction, phase, 0)
    links: list[tuple[int, int, int]] = []
    while waiting:
        key = waiting.popleft()
        junction, phase, state = key
        for arc in out.get(junction, ()):
            onward = _phase(phase, is_private=bool(private[arc]))
            after = automaton.step(state, arc)
            if onward is not None and after is not None:
                links.append((numbers[key], number(int(ends[arc]), onward, after), arc))
    table = np.array(links, np.int64).reshape(-1, 3)
    junctions = np.fromiter((key[0] for key in numbers), np.int64, len(numbers))
    return Expanded(table[:, 0], table[:, 1], table[:, 2], junctions, after_arc, at_junction)


def _phase(phase: int, *, is_private: bool) -> int | None:
    """The phase after an arc; None if the way would leave a place that it entered as its end."""
    if is_private:
        return _BEGIN if phase == _BEGIN else _END
    return None if phase == _END else _PUBLIC


def forbidden(edges: Edges, mode: Mode, extract: Extract) -> list[tuple[int, ...]]:
    """The sequences of arcs that restrictions and barriers forbid to a mode."""
    finder = _Finder(edges, mode)
    found: list[tuple[int, ...]] = []
    for restriction in extract.restrictions:
        if rule := restriction.rules.get(mode):
            sequences = finder.sequences(restriction, rule)
            if sequences is None:
                reason = f"restrictions that name no single turn ({mode})"
                extract.unread[reason] = extract.unread.get(reason, 0) + 1
            else:
                found += sequences
    for junction in edges.arcs[mode].blocked.tolist():
        found += [
            (into, out)
            for into in finder.into.get(junction, ())
            for out in finder.out.get(junction, ())
            if out != into ^ 1
        ]
    return found


class _Finder:
    """Finds arcs by way and junction."""

    def __init__(self, edges: Edges, mode: Mode) -> None:
        self.begins, self.ends = (column.tolist() for column in edges.arc_ends())
        self.into: dict[int, list[int]] = {}
        self.out: dict[int, list[int]] = {}
        self._way = np.repeat(edges.ways, 2).tolist()
        is_open = edges.arcs[mode].travel_ms != CLOSED
        for arc in np.flatnonzero(is_open).tolist():
            self.into.setdefault(self.ends[arc], []).append(arc)
            self.out.setdefault(self.begins[arc], []).append(arc)
        self._edges_of: dict[int, list[int]] = {}
        for edge, way in enumerate(edges.ways.tolist()):
            self._edges_of.setdefault(way, []).append(edge)
        self._is_open = is_open
        self._row = {identifier: row for row, identifier in enumerate(edges.node_ids.tolist())}

    def sequences(self, restriction: Restriction, rule: str) -> list[tuple[int, ...]] | None:
        """What a restriction forbids; empty if the mode cannot make the turn anyway, None if its
        members do not say which turn."""
        found: list[tuple[int, ...]] = []
        for start in restriction.froms:
            for target in restriction.tos:
                if restriction.via_node is not None:
                    each = self._at_node(start, restriction.via_node, target, rule)
                else:
                    each = self._by_ways(start, restriction.via_ways, target, rule)
                if each is None:
                    return None
                found += each
        return found

    def _at_node(
        self, start: int, via: int, target: int, rule: str
    ) -> list[tuple[int, ...]] | None:
        junction = self._row.get(via)
        if junction is None or not {start, target} <= self._edges_of.keys():
            return [] if junction is not None else None
        intos = [arc for arc in self.into.get(junction, ()) if self._way[arc] == start]
        outs = [arc for arc in self.out.get(junction, ()) if self._way[arc] == target]
        if start == target and rule == "no_u_turn":
            return [(into, into ^ 1) for into in intos if self._is_open[into ^ 1]]
        if len(intos) > 1 or len(outs) > 1:
            return None
        return [seq for into in intos for seq in self._ruled((into,), outs, junction, rule)]

    def _ruled(
        self, before: tuple[int, ...], outs: list[int], junction: int, rule: str
    ) -> list[tuple[int, ...]]:
        if rule.startswith("no_"):
            return [(*before, out) for out in outs]
        # An order to take a road that the mode may not use orders nothing.
        return [(*before, out) for out in self.out.get(junction, ()) if outs and out not in outs]

    def _by_ways(
        self, start: int, vias: tuple[int, ...], target: int, rule: str
    ) -> list[tuple[int, ...]] | None:
        """The arc of the first way, all arcs of the ways between, and the arc of the last."""
        found = []
        for first in self._edges_of.get(start, ()):
            for into in (2 * first, 2 * first + 1):
                path = self._through(self.ends[into], vias) if self._is_open[into] else None
                if path and path[0] != into ^ 1:
                    end = self.ends[path[-1]]
                    outs = [arc for arc in self.out.get(end, ()) if self._way[arc] == target]
                    if outs:
                        found.append(((into, *path), outs, end))
        if len(found) > 1 or any(len(outs) > 1 for _, outs, _ in found):
            return None
        return [seq for before, outs, end in found for seq in self._ruled(before, outs, end, rule)]

    def _through(self, junction: int, vias: tuple[int, ...]) -> list[int] | None:
        """The arcs of ways from end to end, in order; None if they do not join here."""
        path: list[int] = []
        for way in vias:
            edges = self._edges_of.get(way, [])
            ahead, back = [2 * edge for edge in edges], [2 * edge + 1 for edge in reversed(edges)]
            arcs = next(
                (arcs for arcs in (ahead, back) if arcs and self.begins[arcs[0]] == junction), []
            )
            joined = all(self.ends[a] == self.begins[b] for a, b in itertools.pairwise(arcs))
            if not (arcs and joined and all(self._is_open[arc] for arc in arcs)):
                return None
            path += arcs
            junction = self.ends[path[-1]]
        return path
