"""Reads a track from GPX, or from CSV with latitude, longitude and, optionally, time."""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from geodata.importers.report import ImporterError
from geodata.importers.xml_tree import tree_of
from geodata.points import Point
from services.cli.output import USAGE, CommandError

LATITUDES = ("lat", "latitude")
LONGITUDES = ("lon", "lng", "longitude")
MOST_BYTES = 50_000_000


class TrackPoint(NamedTuple):
    """A position of a track, with its time if the file has one."""

    point: Point
    time: dt.datetime | None


def read_track(path: Path, name: str = "") -> list[TrackPoint]:
    """Reads the positions of one track, in the order of the file.

    Args:
        path: GPX, or CSV; a column `track` tells its tracks apart.
        name: of the track, or its number in the file; it may be empty if there is one.

    Raises:
        CommandError: the file cannot be read, is too large, has no positions, or has several
            tracks of which none is named.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CommandError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB", USAGE)
        tracks = _gpx(path) if path.suffix.lower() == ".gpx" else _csv(path)
    except (OSError, ValueError, LookupError, ImporterError) as error:
        raise CommandError(f"{path}: {error}", USAGE) from None
    if not tracks:
        raise CommandError(f"{path}: has no positions", USAGE)
    numbered = {str(number): track for number, track in enumerate(tracks.values(), start=1)}
    chosen = tracks.get(name) or numbered.get(name or "1" * (len(tracks) == 1))
    if not chosen:
        listed = ", ".join(f"{key} ({len(track)} positions)" for key, track in tracks.items())
        raise CommandError(
            f"{path}: has {len(tracks)} tracks; say one by --track: {listed[:1000]}", USAGE
        )
    return chosen


def _gpx(path: Path) -> dict[str, list[TrackPoint]]:
    """The tracks and routes of a file by name; segments of one follow each other."""
    root = tree_of(path.read_bytes())
    parts = [element for element in root if element.tag in ("trk", "rte")] or [root]
    tracks: dict[str, list[TrackPoint]] = {}
    for number, part in enumerate(parts, start=1):
        track: list[TrackPoint] = []
        for element in part.iter():
            if element.tag in ("trkpt", "rtept"):
                time = element.findtext("time")
                with _errors_at(f"point {len(track) + 1}"):
                    track.append(_point(element.get("lat", ""), element.get("lon", ""), time))
        name = (part.findtext("name") or "").strip() or f"track {number}"
        if track:
            tracks[name if name not in tracks else f"{name} {number}"] = track
    return tracks


def _csv(path: Path) -> dict[str, list[TrackPoint]]:
    line = 1

    def lines(file: Iterable[str]) -> Iterator[str]:
        nonlocal line
        for number, text in enumerate(file, start=1):
            line = number
            if not text.startswith("#"):
                yield text

    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(lines(file), restval="")
        with _lines_named(rows):
            names = {name.strip().lower(): name for name in rows.fieldnames or ()}
        latitude = next((names[name] for name in LATITUDES if name in names), None)
        longitude = next((names[name] for name in LONGITUDES if name in names), None)
        if latitude is None or longitude is None:
            raise ValueError("needs the columns lat and lon in its first line")
        time = names.get("time")
        column = names.get("track")
        tracks: dict[str, list[TrackPoint]] = {}
        with _lines_named(rows):
            for row in rows:
                with _errors_at(f"line {line}"):
                    moment = row[time] if time else None
                    point = _point(row[latitude], row[longitude], moment)
                tracks.setdefault(row[column].strip() if column else "", []).append(point)
        return tracks


@contextmanager
def _lines_named(rows: "csv.DictReader[str]") -> Iterator[None]:
    """Turns an error of `csv`, such as an unclosed quote, into a ValueError with its line."""
    try:
        yield
    except csv.Error as error:
        raise ValueError(f"line {rows.reader.line_num}: {error}") from None


@contextmanager
def _errors_at(where: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _point(latitude: str, longitude: str, time: str | None) -> TrackPoint:
    moment = dt.datetime.fromisoformat(time.strip()) if time and time.strip() else None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return TrackPoint(Point(float(latitude), float(longitude)), moment)
