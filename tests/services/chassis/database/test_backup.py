"""A backup brings back all that was kept, whole by partition, and writes nothing it must not."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from pyrage.x25519 import Identity

from services.chassis.database.backup import backup, restore
from services.chassis.database.backup_file import (
    LENGTHS,
    BackupError,
    Entry,
    Header,
    check,
    opened,
    read,
    writing,
)
from services.chassis.database.client import Client, connect
from services.chassis.database.data_set import FORMAT, DataSetError, is_missing, open_data_set
from services.chassis.database.sealed_file import SealError, SealKey
from services.chassis.keyring import Key, Keyring
from services.chassis.settings import ChassisSettings
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from tests.backends import backend
from tests.faults import workload

LEFT_OUT = ("devices", "probe")
KEY = SealKey(str(Identity.generate()), "here")
EXPIRES_MS = 4_102_444_800_000  # in 2100


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


async def filled(client: Client) -> None:
    """One key of each kind that the suite keeps, in several slots, some large."""
    await client.set("{stores}:sequence", 7)
    await client.hset(
        "{stores}:records", mapping={f"s{n}": bytes([n % 256]) * n for n in range(900)}
    )
    await client.set("{s17}:requests:x", b"\x00\xff", pxat=EXPIRES_MS)
    await client.zadd("{s17}:due", {"a": 1.5, "b": 1e15})
    await client.sadd("{q:caller [*?\\ of]}:set", "one", "two")
    await client.rpush("{f03}:queue:sub:d", *range(300))
    for number in range(250):
        await client.xadd("{f03}:events", {"e": f"{number}"}, id=f"{number + 1}-0")
    await client.xdel("{f03}:events", "1-0")
    await client.hset("{f03}:devices", "somebody", "60.168713")
    await client.set("{health}:probe", 1)


async def contents(client: Client) -> dict[bytes, Any]:
    """All keys with what they hold and when they expire."""
    reads = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"stream": client.xrange,
    }
    found = {}
    async for key in client.scan_iter():
        kind = await client.type(key)
        more = (await client.xinfo_stream(key))["last-generated-id"] if kind == b"stream" else None
        found[key] = (kind, await reads[kind](key), await client.pexpiretime(key), more)
    return found


async def test_all_that_was_kept_comes_back(database: Client, tmp_path: Path) -> None:
    file = tmp_path / "copy"
    await filled(database)
    before = await contents(database)
    assert 7 == await backup(database, file, ["k"], LEFT_OUT, quiet, KEY)
    assert 0o600 == file.stat().st_mode & 0o777
    assert (["k"], 7) == (check(file, KEY)[0].keyring, check(file, KEY)[1])

    await database.flushall()
    assert 7 == await restore(database, file, LEFT_OUT, quiet, KEY, replace=False)
    for key in (b"{f03}:devices", b"{health}:probe"):
        del before[key]
    assert before == await contents(database)


async def test_a_link_in_the_place_of_the_partial_file_is_not_followed(
    database: Client, tmp_path: Path
) -> None:
    (tmp_path / "another").write_text("kept")
    (tmp_path / "copy.part").symlink_to(tmp_path / "another")
    await filled(database)
    await backup(database, tmp_path / "copy", [], LEFT_OUT, quiet, KEY)
    assert "kept" == (tmp_path / "another").read_text()
    assert 7 == check(tmp_path / "copy", KEY)[1]
    assert not (tmp_path / "copy").is_symlink()


async def test_where_people_are_is_not_in_the_file(database: Client, tmp_path: Path) -> None:
    await filled(database)
    await backup(database, tmp_path / "copy", [], LEFT_OUT, quiet, KEY)
    with opened(tmp_path / "copy", KEY) as file:
        told = file.read()
    assert b"{f03}:events" in told
    assert b"60.168713" not in told


async def test_a_database_that_holds_something_is_left_alone_unless_told(
    database: Client, tmp_path: Path
) -> None:
    await filled(database)
    await backup(database, tmp_path / "copy", [], LEFT_OUT, quiet, KEY)
    await database.flushall()
    await database.set("{health}:probe", 1)
    await database.set("{stores}:sequence", 8)
    await database.set("{hours}:sequence", 1)
    before = await contents(database)
    with pytest.raises(BackupError, match="not empty"):
        await restore(database, tmp_path / "copy", LEFT_OUT, quiet, KEY, replace=False)
    assert before == await contents(database)

    await restore(database, tmp_path / "copy", LEFT_OUT, quiet, KEY, replace=True)
    assert b"7" == await database.get("{stores}:sequence")
    assert None is await database.get("{hours}:sequence")


async def test_no_process_works_on_a_part_of_a_backup(
    database: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.database.backup.BATCH_KEYS", 2)
    file, keyring = tmp_path / "copy", Keyring([Key(1, bytes(32))])
    await filled(database)
    await backup(database, file, [], LEFT_OUT, quiet, KEY)
    await database.flushall()

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await restore(database, file, LEFT_OUT, interrupted, KEY, replace=False)
    with pytest.raises(DataSetError, match=r"part of the backup of 20.*restore --replace FILE"):
        await open_data_set(database, keyring, tmp_path)
    assert await is_missing(database)  # so servers that run keep the records that they have
    await restore(database, file, LEFT_OUT, quiet, KEY, replace=True)
    await open_data_set(database, keyring, tmp_path)


async def test_a_probe_alone_is_nothing(database: Client, tmp_path: Path) -> None:
    await filled(database)
    await backup(database, tmp_path / "copy", [], LEFT_OUT, quiet, KEY)
    await database.flushall()
    await database.set("{health}:probe", 1)
    assert 7 == await restore(database, tmp_path / "copy", LEFT_OUT, quiet, KEY, replace=False)


async def test_a_damaged_file_changes_nothing(database: Client, tmp_path: Path) -> None:
    file, damaged = tmp_path / "copy", tmp_path / "damaged"
    await filled(database)
    await backup(database, file, [], LEFT_OUT, quiet, KEY)
    whole = file.read_bytes()
    before = await contents(database)
    cut = [whole[:length] for length in (0, 1, 10, 40, len(whole) // 2, len(whole) - 1)]
    heads = (
        b"{}",
        b'{"format": "other"}\n',
        b'{"format": "enrayon-backup-1"}\n',
        b'{"format": "enrayon-backup-1", "created": "", "store": "", "keyring": 7}\n',
        b'{"format": "enrayon-backup-1", "created": "", "store": "", "more": 1, "keyring": []}\n',
        b"[" * 60_000 + b"\n",
    )
    other = [b"{}", *map(gzip.compress, heads), b"\x1f\x8b"]
    for content in [*cut, *other]:
        damaged.write_bytes(content)
        with pytest.raises(BackupError, match="not signed"):
            await restore(database, damaged, LEFT_OUT, quiet, KEY, replace=True)
        with pytest.raises(BackupError, match="damaged"):
            await restore(database, damaged, LEFT_OUT, quiet, KEY, replace=True, is_unsigned=True)
    assert before == await contents(database)


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_an_altered_file_changes_nothing(
    database: Client, tmp_path: Path, *, is_encrypted: bool
) -> None:
    file, altered = tmp_path / "copy", tmp_path / "altered"
    await filled(database)
    await backup(database, file, [], LEFT_OUT, quiet, KEY, is_encrypted=is_encrypted)
    whole = file.read_bytes()
    before = await contents(database)
    places = [*range(0, len(whole), 97), *range(len(whole) - 50, len(whole))]
    flipped = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    cut = [whole[: -48 - length] + whole[-48:] for length in (1, 48, 1000)]
    doubled = [whole + whole, whole[:-48] + whole, b"\0" + whole]
    for content in [*flipped, *cut, *doubled]:
        altered.write_bytes(content)
        with pytest.raises(BackupError, match=r"altered or damaged|not signed"):
            await restore(database, altered, LEFT_OUT, quiet, KEY, replace=True)
    assert before == await contents(database)


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_a_file_that_is_changed_after_the_check_is_not_taken_for_whole(
    database: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_encrypted: bool
) -> None:
    """Another backup takes its place: of one key, signed by another."""
    file, other = tmp_path / "copy", tmp_path / "other"
    await filled(database)
    await backup(database, file, [], LEFT_OUT, quiet, KEY, is_encrypted=is_encrypted)
    with writing(
        other, Header("", "", [], FORMAT), SealKey(str(Identity.generate()), "")
    ) as writer:
        writer.add(Entry(b"{stores}:sequence", -1, await database.dump("{stores}:sequence")))

    def checked(path: Path, *arguments: Any, **options: Any) -> Any:
        answer = check(path, *arguments, **options)
        other.replace(path)
        return answer

    monkeypatch.setattr("services.chassis.database.backup.check", checked)
    with pytest.raises(BackupError, match="changed while it was restored"):
        await restore(database, file, LEFT_OUT, quiet, KEY, replace=True)
    with pytest.raises(DataSetError):
        await open_data_set(database, Keyring([Key(1, bytes(32))]), tmp_path)


async def test_an_encrypted_file_comes_back_and_tells_nothing_without_its_key(
    database: Client, tmp_path: Path
) -> None:
    file = tmp_path / "copy"
    await filled(database)
    before = await contents(database)
    await backup(database, file, ["k"], (), quiet, KEY, is_encrypted=True)
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert b"\x1f\x8b\x08\x00" not in file.read_bytes()
    await database.flushall()
    await restore(database, file, (), quiet, KEY, replace=False)
    assert before == await contents(database)


def other_key() -> SealKey:
    """A key that signed nothing here."""
    return SealKey(str(Identity.generate()), "elsewhere")


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_the_file_of_another_key_is_refused(
    database: Client, tmp_path: Path, *, is_encrypted: bool
) -> None:
    await filled(database)
    file = tmp_path / "copy"
    await backup(database, file, [], LEFT_OUT, quiet, other_key(), is_encrypted=is_encrypted)
    with pytest.raises(BackupError, match="another backup key"):
        check(file, KEY)
    if is_encrypted:
        for key in (KEY, None):
            with pytest.raises(BackupError, match=r"cannot be decrypted|needs its backup key"):
                check(file, key, is_unsigned=True)
    else:
        assert 7 == check(file, KEY, is_unsigned=True)[1]
        assert 7 == check(file, None, is_unsigned=True)[1]


async def test_a_file_of_a_later_format_is_refused(database: Client, tmp_path: Path) -> None:
    await filled(database)
    before = await contents(database)
    with writing(tmp_path / "copy", Header("", "", [], FORMAT + 1), KEY) as file:
        file.add(Entry(b"a", -1, b"b"))
    with pytest.raises(BackupError, match="install the version that wrote them"):
        await restore(database, tmp_path / "copy", LEFT_OUT, quiet, KEY, replace=True)
    assert before == await contents(database)


def test_the_program_age_would_read_an_encrypted_file(tmp_path: Path) -> None:
    """What lies before the signature is an age file, which pyrage reads with the bare key."""
    identity = Identity.generate()
    key = SealKey(str(identity), "here")
    with writing(tmp_path / "copy", Header("", "", []), key, is_encrypted=True) as file:
        file.add(Entry(b"a", -1, b"b" * 1_000_000))
    content = (tmp_path / "copy").read_bytes()[:-48]
    assert b"b" * 1_000_000 in gzip.decompress(pyrage.decrypt(content, [identity]))


def test_a_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "private" / "backup.key"
    SealKey.make(path)
    assert 0o600 == path.stat().st_mode & 0o777
    before = path.read_bytes()
    with pytest.raises(SealError, match="cannot be made: File exists"):
        SealKey.make(path)
    assert before == path.read_bytes()
    SealKey.load(path)
    for text in ("", "AGE-SECRET-KEY-1", "é", before.decode()[:-3]):
        path.write_text(text)
        with pytest.raises(SealError, match="is not a backup key"):
            SealKey.load(path)


def test_a_file_that_is_not_finished_does_not_appear(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writing(tmp_path / "copy", Header("", "", []), KEY) as file:
        file.add(Entry(b"a", -1, b"b"))
        raise KeyError
    assert [] == list(tmp_path.iterdir())


async def test_what_expired_meanwhile_does_not_come_back(database: Client, tmp_path: Path) -> None:
    await database.set("{s01}:x", 1)
    await backup(database, tmp_path / "copy", [], (), quiet, KEY)
    [entry] = read(tmp_path / "copy", KEY)
    with writing(tmp_path / "copy", Header("", "", []), KEY) as file:
        file.add(entry._replace(expire_ms=1_000))
    await database.flushall()
    await restore(database, tmp_path / "copy", (), quiet, KEY, replace=False)
    assert {} == await contents(database)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[str]:
    with backend(tmp_path / "other") as url:
        yield url


@pytest.fixture
def source(tmp_path: Path) -> Iterator[str]:
    with backend(tmp_path / "source") as url:
        yield url


@pytest.fixture
async def clients(
    source: str, other: str, settings: ChassisSettings
) -> AsyncIterator[tuple[Client, Client]]:
    patient = settings.model_copy(update={"database_timeout_s": 30.0})
    here, there = connect(patient, source), connect(patient, other)
    yield here, there
    await here.aclose()
    await there.aclose()


async def torn(client: Client, path: Path) -> None:
    """The mutant: each key by itself."""
    with writing(path, Header("", "", []), KEY) as file:
        async for key in client.scan_iter():
            if dump := await client.dump(key):
                file.add(Entry(key, -1, dump))


async def drifts_of_copies(
    clients: tuple[Client, Client], file: Path, *, is_torn: bool, copies: int
) -> list[int]:
    """How many levels of each copy, made while holds come and go, do not add up."""
    here, there = clients
    await workload.stocked(here, 5_000)
    acting = asyncio.create_task(workload.run(Holds(here), 6, 400, seed=1))
    found = []
    for _ in range(copies):
        await (torn(here, file) if is_torn else backup(here, file, [], (), quiet, KEY))
        await restore(there, file, (), quiet, KEY, replace=True)
        found.append(len((await Ledger(there).reconcile()).drifts))
        if acting.done():
            break
    acting.cancel()
    await asyncio.gather(acting, return_exceptions=True)
    return found


async def test_copies_made_while_holds_come_and_go_add_up(
    clients: tuple[Client, Client], tmp_path: Path
) -> None:
    found = await drifts_of_copies(clients, tmp_path / "copy", is_torn=False, copies=8)
    assert len(found) > 1
    assert 0 == sum(found)


async def test_copies_key_by_key_would_not(clients: tuple[Client, Client], tmp_path: Path) -> None:
    found = await drifts_of_copies(clients, tmp_path / "copy", is_torn=True, copies=8)
    assert 0 < sum(found)


def test_a_damaged_length_asks_for_no_memory(tmp_path: Path) -> None:
    header = b'{"format": "enrayon-backup-1", "created": "", "store": "", "keyring": []}\n'
    for lengths in (LENGTHS.pack(2**32 - 1, -1, 0), LENGTHS.pack(1, -1, 2**32 - 1)):
        (tmp_path / "copy").write_bytes(gzip.compress(header + lengths))
        tracemalloc.start()
        with pytest.raises(BackupError, match="larger than any"):
            check(tmp_path / "copy", None, is_unsigned=True)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert 2**20 > peak
