"""The data set in a database: the version of its format, and the signing keys that belong to it.

    {enrayon}:dataset   hash: format, keys (fingerprint of the signing key in use), begun;
                        restoring (the time of a backup), until all of it is restored

A database without this key holds data of format 1, from before it was written, or none.
"""

from collections.abc import Collection
from pathlib import Path

import orjson

from services.chassis.clock import utc_now
from services.chassis.database.client import Client
from services.chassis.keyring import Keyring

KEY = "{enrayon}:dataset"
RESTORING = "restoring"
FORMAT = 1
"""The version of keys, records and stream entries that this version of enrayon writes.

A change that older versions would misread raises it. tests/upgrade has data of each version.
"""
SNAPSHOTS = "*.snapshot"
"""Files in a data folder that servers write once they have read records from the database."""
MARKS = ("dataset", "epoch", "probe")
"""Names of keys that an empty database may hold."""


class DataSetError(Exception):
    """The data are not those that this process expects; the text says why and what to do."""


async def open_data_set(client: Client, keyring: Keyring, data_dir: Path) -> None:
    """Check that a process may work on the data of a database, and mark them if nobody has.

    Raises:
        DataSetError: a later version wrote the data, they belong to other signing keys, are a part
            of a backup, or the database is empty though a snapshot on this machine has records of
            it.
        redis.exceptions.RedisError, OSError: the database cannot be reached.
    """
    marks = await client.hgetall(KEY)
    check_format(int(marks.get(b"format", FORMAT)))
    if created := marks.get(RESTORING.encode()):
        raise DataSetError(
            f"the database holds a part of the backup of {created.decode()}: its restore has not "
            "finished. If it was interrupted, run `enrayon restore --replace FILE`"
        )
    if b"keys" not in marks:
        if not await first_key(client, MARKS) and (kept := kept_records(data_dir)):
            raise DataSetError(
                f"the database is empty, but snapshots in {data_dir} hold {summary(kept)} of it. "
                "If data were lost, load a backup with `enrayon restore FILE`. To begin with no "
                f"data, move {SNAPSHOTS} out of that folder"
            )
        await mark(client, keyring)
        marks = await client.hgetall(KEY)  # another process may have come first, with other keys
    belongs = marks[b"keys"].decode()
    if belongs not in keyring.fingerprints:
        raise DataSetError(
            "the signing keys are not those of the data in the database: receipts and QR codes "
            "would not verify, and records of devices could not be found or erased. Set "
            "ENRAYON_KEYS to the keys of before (or put back the file `keys` of the data folder); "
            "all processes need the same. If they are lost, `enrayon repair --adopt-keys` takes "
            "the present ones for the data"
        )
    if belongs != keyring.fingerprints[0]:
        await client.hset(KEY, "keys", keyring.fingerprints[0])


async def is_missing(client: Client) -> bool:
    """Whether the database has no data set that a process may work on."""
    return not await client.hexists(KEY, "keys")


async def mark(client: Client, keyring: Keyring) -> None:
    """Mark the data as of the present format and of these keys."""
    begun = utc_now().isoformat(timespec="seconds")
    for name, value in (("format", FORMAT), ("begun", begun), ("keys", keyring.fingerprints[0])):
        await client.hsetnx(KEY, name, str(value))  # the keys last: they say that all is there


async def adopt(client: Client, keyring: Keyring) -> None:
    """Take these keys for the data."""
    await mark(client, keyring)
    await client.hset(KEY, "keys", keyring.fingerprints[0])


def check_format(found: int) -> None:
    """Refuse data of a later version.

    Raises:
        DataSetError: they are.
    """
    if found > FORMAT:
        raise DataSetError(
            f"the data have format {found}, and this version of enrayon reads up to {FORMAT}: "
            "install the version that wrote them, or a later one. There is no way back but a "
            "backup made before the upgrade"
        )


async def first_key(client: Client, left_out: Collection[str]) -> str:
    """The name of a key in the database, those left out aside; empty when there is none."""
    async for key in client.scan_iter(count=1000):
        if name_of(key) not in left_out:
            return str(key.decode(errors="replace"))
    return ""


def name_of(key: bytes) -> str:
    """The name of a key behind its tag: `levels` of `{s17}:levels:osm-1`."""
    return key.decode(errors="replace").partition("}:")[2].partition(":")[0]


def kept_records(data_dir: Path) -> dict[str, int]:
    """The number of records of each kind in the snapshots of a data folder, where there are any."""
    counts = {}
    for path in sorted(data_dir.glob(SNAPSHOTS)):
        try:
            with path.open("rb") as file:
                count = orjson.loads(file.readline(65_536))["count"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # damaged, or of a version that is not read any more
        if count:
            counts[path.stem] = count
    return counts


def summary(counts: dict[str, int]) -> str:
    """Numbers of records in words: `938 stores, 938 hours`."""
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
