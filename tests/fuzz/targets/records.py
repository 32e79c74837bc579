"""Records as the store and files of our own keep them: damaged ones are told from whole ones."""

import dataclasses
import datetime as dt
import gzip
import struct

import orjson
from pyrage.x25519 import Identity

from geodata.fences import encoding
from geodata.fences.events import Reason
from geodata.fences.state import DeviceState, Fix, Visit
from geodata.fences.trips import Mode
from geodata.points import Point
from services.aisle.model import reports
from services.chassis.database import backup_file
from services.chassis.database.sealed_file import SealKey
from services.directory import snapshot
from services.geofence.model import devices, people
from services.geofence.model.rules import Kept
from services.geofence.model.trips import Trip, TripEventType
from services.stock.model import holds, ledger, levels
from services.stock.model.policies import DEFAULT_POLICY, policy_json, policy_of
from tests.fuzz.target import Refused, file_of, target

KEY = SealKey(str(Identity.generate()), "here")
DAMAGED = (ValueError, LookupError, TypeError, struct.error)
"""Of records that scripts of our own alone write: one that is damaged is an INTERNAL error."""
STATE = DeviceState(
    last=Fix(point=Point(60.17, 24.94), time_ms=1_790_000_000_000, sequence=7, accuracy_m=12.5),
    received_ms=1_790_000_000_500,
    event_count=3,
    visits=(
        Visit(
            fence_id="kamppi",
            inside_since_ms=1_790_000_000_000,
            enter_sequence=2,
            dwell_due_ms=1_790_000_060_000,
            exit_due_ms=None,
            reason=Reason(0),
        ),
    ),
)
TRIP = Trip(
    id="one",
    store="stores/kamppi",
    order="o1",
    mode=Mode.CAR,
    approaching_s=300.0,
    radius_m=100.0,
    start_ms=1,
    expire_ms=2,
)
WINDOW = dataclasses.replace(
    TRIP, pickup_start_ms=1, pickup_end_ms=9, told=frozenset({TripEventType.REMINDER})
)
DEVICE = devices.Device(
    bytes(16), bytes(10), 5, STATE, 1_790_000_000_500, (TRIP,), (("kamppi", 0, 1),)
)
MOVED = dataclasses.replace(
    DEVICE, trips=(WINDOW,), home=17, kept=(Kept("spring", "shops@a", "1", 2, 3, 4),)
)
PERSON = people.Person(
    subject="17" + "00" * 10,
    owner="o",
    key=1,
    expire_ms=9,
    update_ms=1,
    reference="anna",
    labels=(("club", "gold"),),
    products=(("soap", 1),),
    counts=(("spring", 1, 2),),
)


@target(lambda: [encoding.encode(STATE), encoding.encode(DeviceState())], ValueError)
def device_states(data: bytes) -> None:
    """The state of a device comes back as it was."""
    again = encoding.encode(encoding.decode(data))
    assert encoding.encode(encoding.decode(again)) == again


@target(
    lambda: [
        devices.pack(DEVICE),
        devices.pack(MOVED),
        devices.pack(dataclasses.replace(DEVICE, trips=(), caps=())),
    ],
    ValueError,
)
def device_records(data: bytes) -> None:
    """The record of a device comes back as it was."""
    again = devices.pack(devices.unpack(bytes(16), data))
    assert devices.pack(devices.unpack(bytes(16), again)) == again


@target(lambda: [people.pack(PERSON)], ValueError)
def people_records(data: bytes) -> None:
    """The record of a person comes back as it was."""
    again = people.pack(people.unpack(data))
    assert people.pack(people.unpack(again)) == again


def level_seeds() -> list[bytes]:
    """A level that a feed set, one with a source, and one with units to come."""
    plain = levels.HEADER.pack(12, 3, 1, 1_790_000_000, 4, 0, 0, 0)
    sourced = levels.SOURCED.pack(12, 3, 1, 1_790_000_000, 4, 1, 0, 1, 1) + bytes(6)
    future = levels.HEADER.pack(0, 0, 0, 1, 1, 3, 1, 0) + levels.FUTURE.pack(2520, 40)
    return [plain, sourced, future]


@target(level_seeds, *DAMAGED)
def stock_levels(data: bytes) -> None:
    """A level's figures add up, or its field is told to be damaged."""
    level = levels.decoded(data)
    assert level.available == level.on_hand - level.reserved - level.safety
    level.room(DEFAULT_POLICY)


def ledger_seeds() -> list[bytes]:
    """A movement of two products."""
    names = (b"milk", "näkkileipä".encode())
    line = ledger.LINE.pack(-2, 0, 10, 1, 0, 5)
    return [b"".join(bytes((len(name),)) + name + line for name in names)]


@target(ledger_seeds, *DAMAGED)
def movements(data: bytes) -> None:
    """The lines of a movement come back as they were."""
    lines = list(ledger.lines_of(data))
    packed = [
        bytes((len(line.sku.encode()),)) + line.sku.encode() + ledger.LINE.pack(*line[1:])
        for line in lines
    ]
    assert b"".join(packed) == data


def hold_seeds() -> list[bytes]:
    """A hold as the scripts keep it."""
    record = {"id": "h", "st": "CONFIRMED", "own": "a", "who": "", "m": 1, "c": 1, "x": 2, "u": 1}
    return [orjson.dumps(record | {"rev": 1, "l": [["milk", 2, 2, 0, 0, 1]]})]


@target(hold_seeds, *DAMAGED)
def hold_records(data: bytes) -> None:
    """A hold is read, or told to be damaged."""
    holds.decoded(data, "kamppi").at(10)


@target(lambda: [policy_json(DEFAULT_POLICY)], *DAMAGED)
def policies(data: bytes) -> None:
    """A policy comes back as it was."""
    policy = policy_of(data)
    assert policy_of(policy_json(policy)) == policy


def report_seeds() -> list[bytes]:
    """Reports of one place."""
    place = reports.Place(("0", "7", "", 2), 3, 1)
    return [reports.encode(reports.Reports("", (place,), 20_000, {"a": 1}, ("r",)))]


@target(report_seeds, *DAMAGED)
def shelf_reports(data: bytes) -> None:
    """Reports come back as they were."""
    found = reports.decode(data)
    assert reports.decode(reports.encode(found)) == found


def backup_seeds() -> list[bytes]:
    """A backup of two keys, plain: `backups` compresses it, as a mutation of gzip is no gzip."""
    path = file_of(b"", "backup")
    header = backup_file.Header("2026-11-23T12:00:00+00:00", "9.1.2", ["0123456789abcdef"])
    with backup_file.writing(path, header, KEY) as file:
        file.add(backup_file.Entry(b"{s17}:levels:kamppi", -1, b"dump"))
        file.add(backup_file.Entry(b"{stock}:partitions", 1_790_000_000_000, b"\0\1"))
    with backup_file.opened(path, KEY) as file:
        return [file.read()]


@target(backup_seeds, backup_file.BackupError)
def backups(data: bytes) -> None:
    """A backup that is whole gives its keys, and written anew gives the same."""
    path = file_of(gzip.compress(data, 1), "backup")
    header, count = backup_file.check(path, None, is_unsigned=True)
    entries = list(backup_file.read(path, None, is_unsigned=True))
    assert count == len(entries)
    with backup_file.writing(path, header, KEY) as file:
        for entry in entries:
            file.add(entry)
    assert (header, count) == backup_file.check(path, None, is_unsigned=True)


@target(lambda: [gzip.compress(seed) for seed in backup_seeds()], backup_file.BackupError)
def backup_files(data: bytes) -> None:
    """A file that is no backup is told so."""
    backup_file.check(file_of(data, "backup"), None, is_unsigned=True)


def snapshot_seeds() -> list[bytes]:
    """The snapshot of two records."""
    path = file_of(b"", "snapshot")
    as_of = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    records = {"kamppi": b"\x0a\x01x", "hakaniemi": b""}
    snapshot.write_snapshot(path, snapshot.Snapshot("e", 7, as_of, records))
    return [path.read_bytes()]


@target(snapshot_seeds)
def snapshots(data: bytes) -> None:
    """A snapshot is whole, or is left unread."""
    path = file_of(data, "snapshot")
    found = snapshot.read_snapshot(path)
    if found is None:
        raise Refused
    snapshot.write_snapshot(path, found)
    assert snapshot.read_snapshot(path) == found
