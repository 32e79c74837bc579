"""Copies all keys of a database into a file, and back.

The keys of one hash tag are dumped in one script, as they are at one instant; tags follow one
another. Every change of the suite is within one tag, so each partition is consistent in the copy;
between partitions the copy is as after a crash. The database answers nothing else while it dumps
a tag. A key whose dump is larger than 512 MiB cannot be copied.
"""

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

import redis.exceptions

from services.chassis.database.backup_file import BackupError, Entry, Header, check, read, writing
from services.chassis.database.client import Client, connect, script
from services.chassis.database.data_set import (
    FORMAT,
    KEY,
    RESTORING,
    DataSetError,
    check_format,
    first_key,
)
from services.chassis.database.embedded import EmbeddedValkey, running_url
from services.chassis.database.facts import database_facts_of
from services.chassis.database.sealed_file import SealKey
from services.chassis.settings import ChassisSettings

TIMEOUT_S = 120.0
BATCH_KEYS = 64
BATCH_BYTES = 8 * 1024 * 1024
TAG = re.compile(rb"\{([^}]+)\}")
GLOB = re.compile(r"([*?\[\]\\^])")

Progress = Callable[[int, int], None]
"""Called with the amount that is done, and the whole."""


def on_database(
    settings: ChassisSettings, act: Callable[[Client], Awaitable[int]], *, anew: bool = False
) -> int:
    """Act on the database of the settings; an embedded one is started if it does not run.

    With `anew`, an embedded one whose files are gone begins empty.

    Raises:
        BackupError: the database or the act failed.
        EmbeddedValkeyError: the embedded Valkey cannot run.
    """

    async def main(url: str) -> int:
        client = connect(settings.model_copy(update={"database_timeout_s": TIMEOUT_S}), url)
        try:
            return await act(client)
        except redis.exceptions.RedisError as error:
            raise BackupError(f"the database failed: {type(error).__name__}: {error}") from error
        finally:
            await client.aclose()

    if url := settings.database_url or running_url(settings.data_dir):
        return asyncio.run(main(url))
    with EmbeddedValkey(settings.data_dir, anew=anew) as valkey:
        return asyncio.run(main(valkey.url))


async def backup(
    client: Client,
    path: Path,
    keyring: list[str],
    left_out: Collection[str],
    progress: Progress,
    key: SealKey,
    *,
    is_encrypted: bool = False,
) -> int:
    """Copy a database into a file; returns the number of keys.

    Args:
        client: of the database.
        path: the file; an existing one is replaced.
        keyring: fingerprints of the signing keys.
        left_out: names of keys (behind their tag) that are not copied.
        progress: called with numbers of tags.
        key: signs the file, and encrypts it.
        is_encrypted: whether it does.
    """
    facts = await database_facts_of(client)
    created = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    header = Header(created, facts.version, keyring, FORMAT)
    dump = script(client, "services.chassis.database", "dump")
    tags = sorted({tag_of(key) async for key in client.scan_iter(count=1000)})
    with writing(path, header, key, is_encrypted=is_encrypted) as file:
        for number, tag in enumerate(tags):
            progress(number, len(tags))
            pattern = GLOB.sub(lambda found: f"\\{found[1]}", tag)
            answer = await dump([f"{{{tag}}}"], [f"{{{pattern}}}*", *left_out])
            for name, expire_ms, content in zip(*[iter(answer)] * 3, strict=True):
                file.add(Entry(name, expire_ms, content))
    progress(len(tags), len(tags))
    return file.count


async def restore(
    client: Client,
    path: Path,
    left_out: Collection[str],
    progress: Progress,
    key: SealKey | None,
    *,
    replace: bool,
    is_unsigned: bool = False,
) -> int:
    """Copy a file into a database, after reading all of it; returns the number of keys.

    Until it is all there the database is marked, and no server works on it.

    Args:
        client: of the database.
        path: the file.
        left_out: names of keys that an empty database may hold.
        progress: called with numbers of keys.
        key: the key that signed the file.
        replace: delete the whole content of the database first.
        is_unsigned: take the file without a look at its signature.

    Raises:
        BackupError: the file is damaged, not signed, of a later version or changed meanwhile, the
            database is not empty and `replace` is not set, or the database cannot read the dumps.
    """
    header, total = check(path, key, is_unsigned=is_unsigned)
    try:
        check_format(header.data_format)
    except DataSetError as error:
        raise BackupError(str(error)) from error
    if replace:
        await client.flushdb()
    elif held := await first_key(client, left_out):
        raise BackupError(f"the database is not empty: it holds {held}")
    await client.hset(KEY, RESTORING, header.created)
    done = size = 0
    batch: list[Entry] = []
    for entry in read(path, key, is_unsigned=is_unsigned):
        batch.append(entry)
        size += len(entry.dump)
        if len(batch) == BATCH_KEYS or size > BATCH_BYTES:
            await _put(client, batch)
            done += len(batch)
            batch, size = [], 0
            progress(done, total)
    await _put(client, batch)
    await client.hdel(KEY, RESTORING)
    progress(total, total)
    return total


def tag_of(key: bytes) -> str:
    """The hash tag of a key; the key itself when it has none."""
    found = TAG.search(key)
    return (found[1] if found else key).decode()


async def _put(client: Client, batch: list[Entry]) -> None:
    try:
        await asyncio.gather(
            *(
                client.restore(
                    each.name, max(each.expire_ms, 0), each.dump, absttl=each.expire_ms >= 0
                )
                for each in batch
            )
        )
    except redis.exceptions.ResponseError as error:
        raise BackupError(
            f"the database refuses a key ({error}): it must be of the same kind as the one that "
            "was copied, and not older. Some keys are restored; restore again with --replace"
        ) from error
