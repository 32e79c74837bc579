"""Reads a track from GPX, or from CSV with latitude, longitude and, optionally, time."""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from geodata.points import Point
from services.cli.output import USAGE, CommandError

LATITUDES = ("lat", "latitude")
LONGITUDES = ("lon", "lng", "longitude")
MOST_BYTES = 50_000_000


class TrackPoint(NamedTuple):
    """A position of a track, with its time if the file has one."""

    point: Point
    time: dt.datetime | None


def read_track(path: Path) -> list[TrackPoint]:
    """Reads the positions of a file, in its order.

    Raises:
        CommandError: the file cannot be read, is too large, or has no positions.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CommandError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB", USAGE)
        track = _gpx(path) if path.suffix.lower() == ".gpx" else _csv(path)
    except (OSError, ValueError, LookupError, ElementTree.ParseError) as error:
        raise CommandError(f"{path}: {error}", USAGE) from None
    if not track:
        raise CommandError(f"{path}: has no positions", USAGE)
    return track


def _gpx(path: Path) -> list[TrackPoint]:
    # expat loads no external entities and limits the expansion of internal ones.
    root = ElementTree.parse(path).getroot()  # noqa: S314
    track: list[TrackPoint] = []
    for element in root.iter():
        if element.tag.rpartition("}")[2] in ("trkpt", "rtept"):
            time = next((e.text for e in element if e.tag.rpartition("}")[2] == "time"), None)
            with _errors_at(f"point {len(track) + 1}"):
                track.append(_point(element.get("lat", ""), element.get("lon", ""), time))
    return track


def _csv(path: Path) -> list[TrackPoint]:
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
        track: list[TrackPoint] = []
        with _lines_named(rows):
            for row in rows:
                with _errors_at(f"line {line}"):
                    moment = row[time] if time else None
                    track.append(_point(row[latitude], row[longitude], moment))
        return track


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
