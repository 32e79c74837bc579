"""Copies all that a store holds into a file, and back.

The keys of one hash tag are dumped in one act, as they are at one moment; tags one after another.
Since every act of the suite changes the keys of one tag, each partition is whole in the copy, and
between partitions it is as after a crash. A tag blocks the store while it is dumped; a key whose
dump is larger than 512 MiB cannot be copied.
"""

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

import redis.exceptions

from services.chassis.database.backup_file import BackupError, Entry, Header, check, read, writing
from services.chassis.database.client import Client, connect, script
from services.chassis.database.embedded import EmbeddedValkey, running_url
from services.chassis.database.facts import database_facts_of
from services.chassis.settings import ChassisSettings

TIMEOUT_S = 120.0
BATCH_KEYS = 64
BATCH_BYTES = 8 * 1024 * 1024
TAG = re.compile(rb"\{([^}]+)\}")
GLOB = re.compile(r"([*?\[\]\\^])")

Progress = Callable[[int, int], None]
"""Told how much of how much is done."""


def on_database(settings: ChassisSettings, act: Callable[[Client], Awaitable[int]]) -> int:
    """Act on the store of the settings; one of its own that does not run is started for it.

    Raises:
        BackupError: the store failed, or the act.
        EmbeddedValkeyError: the embedded store cannot run.
    """

    async def main(url: str) -> int:
        client = connect(settings.model_copy(update={"database_timeout_s": TIMEOUT_S}), url)
        try:
            return await act(client)
        except redis.exceptions.RedisError as error:
            raise BackupError(f"the store failed: {type(error).__name__}: {error}") from error
        finally:
            await client.aclose()

    if url := settings.database_url or running_url(settings.data_dir):
        return asyncio.run(main(url))
    with EmbeddedValkey(settings.data_dir) as valkey:
        return asyncio.run(main(valkey.url))


async def backup(
    client: Client,
    path: Path,
    keyring: list[str],
    left_out: Collection[str],
    progress: Progress,
) -> int:
    """Copy a store into a file; answers how many keys it has.

    Args:
        client: of the store.
        path: the file; one that is there is replaced.
        keyring: what tells the signing keys apart.
        left_out: names of keys (behind their tag) that are not copied.
        progress: told of tags.
    """
    facts = await database_facts_of(client)
    header = Header(dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), facts.version, keyring)
    dump = script(client, "services.chassis.database", "dump")
    tags = sorted({tag_of(key) async for key in client.scan_iter(count=1000)})
    with writing(path, header) as file:
        for number, tag in enumerate(tags):
            progress(number, len(tags))
            pattern = GLOB.sub(lambda found: f"\\{found[1]}", tag)
            answer = await dump([f"{{{tag}}}"], [f"{{{pattern}}}*", *left_out])
            for name, expire_ms, content in zip(*[iter(answer)] * 3, strict=True):
                file.add(Entry(name, expire_ms, content))
    progress(len(tags), len(tags))
    return file.count


async def restore(
    client: Client, path: Path, left_out: Collection[str], progress: Progress, *, replace: bool
) -> int:
    """Copy a file into a store, once all of it was read; answers how many keys it has.

    Raises:
        BackupError: the file is damaged, the store holds something and `replace` does not say
            that it shall go, or the store does not read the dumps.
    """
    _, total = check(path)
    if replace:
        await client.flushdb()
    elif held := await first_key(client, left_out):
        raise BackupError(f"the store is not empty: it holds {held}")
    done = size = 0
    batch: list[Entry] = []
    for entry in read(path):
        batch.append(entry)
        size += len(entry.dump)
        if len(batch) == BATCH_KEYS or size > BATCH_BYTES:
            await _put(client, batch)
            done += len(batch)
            batch, size = [], 0
            progress(done, total)
    await _put(client, batch)
    progress(total, total)
    return total


async def first_key(client: Client, left_out: Collection[str]) -> str:
    """A key that the store holds; empty when it holds none but those that are left out."""
    async for key in client.scan_iter(count=1000):
        if name_of(key) not in left_out:
            return str(key.decode(errors="replace"))
    return ""


def tag_of(key: bytes) -> str:
    """The hash tag of a key; the key itself when it has none."""
    found = TAG.search(key)
    return (found[1] if found else key).decode()


def name_of(key: bytes) -> str:
    """What a key is called behind its tag: `levels` of `{s17}:levels:osm-1`."""
    return key.decode(errors="replace").partition("}:")[2].partition(":")[0]


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
            f"the store does not take it ({error}): it must be of the kind that was copied, and "
            "not older. Some of it is there now; restore again with --replace"
        ) from error
