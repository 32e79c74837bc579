"""Reads an OpenStreetMap extract into junctions and the edges between them."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.filter import IdFilter, KeyFilter

from geodata.distance import distances_m
from geodata.roads.access import Tags, conditional_access, unknown_access
from geodata.roads.errors import BadNetwork
from geodata.roads.modes import Mode
from geodata.roads.squares import crossings, is_square
from geodata.roads.tags import Usage, is_blocked, is_by_time, signal_s, turn_rule, usage

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int | None], None]
"""Called with a step's name, the amount done and the whole, if that is known."""

CONDITIONAL = (
    "ways with conditions of access or direction, by time or vehicle: what forbids is read as "
    "always, what allows as never"
)
_EVERY = 20_000
"""Objects between two calls of the progress."""
_MODES = tuple(Mode)


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction, as node and way ids of OSM."""

    rules: dict[Mode, str]
    """`no_...` or `only_...`, for each mode that it concerns."""
    froms: tuple[int, ...]
    via_node: int | None
    via_ways: tuple[int, ...]
    tos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A run of a way whose nodes are all in the extract."""

    way: int
    tags: Tags
    nodes: Ints
    """Indices into `Extract.node_ids`."""
    is_over_square: bool = False
    """True for a line that people walk, and that is no way of the map."""


@dataclass(frozen=True, slots=True)
class Square:
    """An area that people walk over."""

    id: int
    """Of the way, or the negative one of a relation."""
    tags: Tags
    outer: tuple[int, ...]
    """The ways around it."""
    inner: tuple[int, ...] = ()
    """The ways around its holes."""


@dataclass(slots=True)
class Extract:
    """The ways of an extract that some mode may use, with all that bears on times."""

    node_ids: Ints
    latitudes: Floats
    longitudes: Floats
    node_tags: dict[int, dict[str, str]]
    """Tags of signals and barriers, by index."""
    is_cut: NDArray[np.bool_]
    """By node: a way goes on from it to a node that is not in the extract."""
    lines: list[Line]
    restrictions: list[Restriction]
    box: tuple[float, float, float, float] | None
    """South, west, north, east; None if the header does not tell."""
    date: str = ""
    """Of the data, if the header tells."""
    unread: dict[str, int] = field(default_factory=dict)
    """Numbers of objects that could not be used, by reason."""


def read(path: Path, progress: Progress = lambda *_: None) -> Extract:
    """Read an extract (PBF, XML or OPL) in two passes: ways and restrictions, then nodes.

    Raises:
        BadNetwork: the file is no OSM extract, is damaged, or has no way that a mode may use.
    """
    try:
        return _read(path, progress)
    except BadNetwork:
        raise
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise BadNetwork(f"{path.name}: not a readable OSM extract ({error})") from error


def _read(path: Path, progress: Progress) -> Extract:
    header = osmium.FileProcessor(path).header
    unread: dict[str, int] = {}
    ways: dict[int, tuple[dict[str, str], Ints]] = {}
    restrictions: list[Restriction] = []
    squares: list[Square] = []
    kinds = osmium.osm.WAY | osmium.osm.RELATION
    items: Iterable[Any] = osmium.FileProcessor(path, kinds).with_filter(
        KeyFilter("highway", "route", "type")
    )
    for count, item in enumerate(items):
        if count % _EVERY == 0:
            progress("reading ways", count, None)
        tags = dict(item.tags)
        if not item.is_way():
            if tags.get("type", "").partition(":")[0] == "restriction":
                restrictions += _restriction(tags, item, unread)
            elif is_square(tags) and usage(tags, Mode.WALK, 1.0):
                squares.append(_square(item, tags))
            elif tags.get("type") == "multipolygon" and "highway" in tags:
                _count(unread, "areas of several outlines that are no squares")
        elif len(item.nodes) > 1 and any(usage(tags, mode, 1.0) for mode in _MODES):
            ways[item.id] = tags, _refs(item)
            if conditional_access(tags):
                _count(unread, CONDITIONAL)
            if "maxspeed:conditional" in tags:
                _count(unread, "speed limits under conditions: read without them")
            if unknown_access(tags):
                _count(unread, "ways with an unknown value of access")
    if not ways:
        raise BadNetwork(f"{path.name}: no way in it that a car, a bicycle or a walker may use")
    _add_outlines(path, squares, ways)
    node_ids = np.unique(np.concatenate([refs for _, refs in ways.values()]))
    latitudes, longitudes, node_tags = _nodes(path, node_ids, progress)
    lines: list[Line] = []
    is_there = np.isfinite(latitudes)
    is_cut = np.zeros(len(node_ids), np.bool_)
    for way, (tags, refs) in ways.items():
        nodes = np.searchsorted(node_ids, refs)
        leaves = np.flatnonzero(np.diff(is_there[nodes]))
        is_cut[nodes[leaves]] = is_cut[nodes[leaves + 1]] = True
        lines += _lines(way, tags, nodes, is_there)
    around = {way for square in squares for way in square.outer}
    squares += [
        Square(way, tags, (way,))
        for way, (tags, _) in ways.items()
        if is_square(tags) and way not in around
    ]
    if lines:
        outlines = {way: np.searchsorted(node_ids, refs) for way, (_, refs) in ways.items()}
        used = np.bincount(np.concatenate([line.nodes for line in lines]), minlength=len(node_ids))
        for square in squares:
            pairs = _crossings(square, outlines, latitudes, longitudes, used)
            if pairs is None:
                _count(unread, "squares that are walked around")
            else:
                lines += [Line(square.id, square.tags, pair, is_over_square=True) for pair in pairs]
    else:
        raise BadNetwork(f"{path.name}: its ways have no nodes; take an extract with both")
    return Extract(
        node_ids=node_ids,
        latitudes=latitudes,
        longitudes=longitudes,
        node_tags=node_tags,
        is_cut=is_cut & is_there,
        lines=lines,
        restrictions=restrictions,
        box=_box(header),
        date=header.get("osmosis_replication_timestamp") or "",
        unread=unread,
    )


def _refs(way: Any) -> Ints:
    """The ids of the nodes of a way, without repetitions."""
    refs: Ints = np.fromiter((node.ref for node in way.nodes), np.int64, len(way.nodes))
    kept: Ints = refs[np.diff(refs, prepend=refs[0] - 1) != 0]
    return kept


def _square(relation: Any, tags: dict[str, str]) -> Square:
    ways = [(member.ref, member.role) for member in relation.members if member.type == "w"]
    outer = tuple(way for way, role in ways if role != "inner")
    return Square(-relation.id, tags, outer, tuple(way for way, role in ways if role == "inner"))


def _add_outlines(
    path: Path, squares: Sequence[Square], ways: dict[int, tuple[dict[str, str], Ints]]
) -> None:
    """Add the outlines of squares that are no ways by tags of their own: people walk on them."""
    tags_of = {
        way: {key: value for key, value in square.tags.items() if key not in {"type", "area"}}
        for square in squares
        for way in (*square.outer, *square.inner)
        if way not in ways
    }
    if not tags_of:
        return
    items: Iterable[Any] = osmium.FileProcessor(path, osmium.osm.WAY).with_filter(IdFilter(tags_of))
    for way in items:
        if len(way.nodes) > 1:
            ways[way.id] = tags_of[way.id], _refs(way)


def _box(header: Any) -> tuple[float, float, float, float] | None:
    box = header.box()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return low.lat, low.lon, high.lat, high.lon


def _restriction(tags: dict[str, str], item: Any, unread: dict[str, int]) -> list[Restriction]:
    if is_by_time(tags):
        _count(unread, "turn restrictions by time: left out")
    found = {mode: turn_rule(tags, mode) for mode in _MODES}
    rules = {mode: rule for mode, rule in found.items() if rule}
    if not rules:
        return []
    members: dict[tuple[str, str], list[int]] = {}
    for member in item.members:
        members.setdefault((member.role, member.type), []).append(member.ref)
    nodes, via_ways = members.get(("via", "n"), []), members.get(("via", "w"), [])
    froms, tos = members.get(("from", "w"), []), members.get(("to", "w"), [])
    is_known = all(rule.startswith(("no_", "only_")) for rule in rules.values())
    if not (froms and tos and is_known and (len(nodes) == 1) != bool(via_ways)):
        _count(unread, "restrictions with missing members")
        return []
    via_node = nodes[0] if nodes else None
    return [Restriction(rules, tuple(froms), via_node, tuple(via_ways), tuple(tos))]


def _count(unread: dict[str, int], reason: str) -> None:
    unread[reason] = unread.get(reason, 0) + 1


def _nodes(
    path: Path, node_ids: Ints, progress: Progress
) -> tuple[Floats, Floats, dict[int, dict[str, str]]]:
    """Positions of the nodes, NaN if not in the extract, and the tags that bear on times."""
    latitudes = np.full(len(node_ids), np.nan)
    longitudes = np.full(len(node_ids), np.nan)
    node_tags: dict[int, dict[str, str]] = {}
    index = {identifier: row for row, identifier in enumerate(node_ids.tolist())}
    items: Iterable[Any] = osmium.FileProcessor(path, osmium.osm.NODE).with_filter(IdFilter(index))
    for count, node in enumerate(items):
        if count % _EVERY == 0:
            progress("reading nodes", count, len(node_ids))
        if not node.location.valid():
            continue
        row = index[node.id]
        latitudes[row], longitudes[row] = node.lat, node.lon
        if len(node.tags) and _matters(tags := dict(node.tags)):
            node_tags[row] = tags
    return latitudes, longitudes, node_tags


def _matters(tags: Tags) -> bool:
    return any(
        is_blocked(tags, mode) or signal_s(tags, mode, is_forward=forward)
        for mode in _MODES
        for forward in (True, False)
    )


def _lines(way: int, tags: Tags, nodes: Ints, is_there: NDArray[np.bool_]) -> list[Line]:
    """The runs of the way's nodes that are in the extract."""
    there = is_there[nodes]
    if not there.all():
        # A ferry takes its duration for the whole way.
        tags = {key: value for key, value in tags.items() if key != "duration"}
    cuts = np.flatnonzero(np.diff(there)) + 1
    starts = [0, *cuts.tolist(), len(nodes)]
    return [
        Line(way, tags, nodes[start:end])
        for start, end in itertools.pairwise(starts)
        if there[start] and end - start > 1
    ]


def _crossings(
    square: Square, outlines: Mapping[int, Ints], latitudes: Floats, longitudes: Floats, used: Ints
) -> Ints | None:
    """The ends of the straight lines over a square; None if it is walked around."""
    around = [outlines[way] for way in (*square.outer, *square.inner) if way in outlines]
    is_whole = len(around) == len(square.outer) + len(square.inner)
    if not is_whole or np.isnan(latitudes[np.concatenate(around)]).any():
        return None
    return crossings(around, latitudes, longitudes, used)


def line_usages(line: Line, extract: Extract) -> tuple[dict[Mode, Usage], Floats]:
    """The use of a line by each mode, and the lengths in metres between its nodes."""
    latitudes, longitudes = extract.latitudes[line.nodes], extract.longitudes[line.nodes]
    lengths = distances_m(latitudes[:-1], longitudes[:-1], latitudes[1:], longitudes[1:])
    found = {mode: usage(line.tags, mode, float(lengths.sum())) for mode in _MODES}
    return {mode: each for mode, each in found.items() if each}, lengths
