"""A process works only on data of a format that it knows, with their keys, and not on lost ones."""

from pathlib import Path
from typing import Any

import pytest

from services.chassis.database import data_set
from services.chassis.database.client import Client
from services.chassis.database.data_set import (
    FORMAT,
    KEY,
    DataSetError,
    adopt,
    kept_records,
    open_data_set,
)
from services.chassis.keyring import Key, Keyring

OLD, NEW, OTHER = (Key(number, bytes([number]) * 32) for number in (1, 2, 3))


async def marks(database: Client) -> dict[bytes, bytes]:
    return dict(await database.hgetall(KEY))


async def test_an_empty_database_is_marked_at_the_first_start_alone(
    database: Client, tmp_path: Path
) -> None:
    await open_data_set(database, Keyring([OLD]), tmp_path)
    first = await marks(database)
    assert (b"%d" % FORMAT, Keyring([OLD]).fingerprints[0].encode()) == (
        first[b"format"],
        first[b"keys"],
    )
    await open_data_set(database, Keyring([OLD]), tmp_path)
    assert first == await marks(database)


async def test_data_from_before_the_mark_are_taken(database: Client, tmp_path: Path) -> None:
    await database.set("{stores}:sequence", 7)
    snapshot(tmp_path, "stores", 938)
    await open_data_set(database, Keyring([OLD]), tmp_path)
    assert b"1" == (await marks(database))[b"format"]


async def test_data_of_a_later_version_are_refused(database: Client, tmp_path: Path) -> None:
    await open_data_set(database, Keyring([OLD]), tmp_path)
    await database.hset(KEY, "format", FORMAT + 1)
    before = await marks(database)
    with pytest.raises(DataSetError, match=f"format {FORMAT + 1}.*install the version"):
        await open_data_set(database, Keyring([OLD]), tmp_path)
    assert before == await marks(database)


async def test_keys_follow_one_another_but_others_are_refused(
    database: Client, tmp_path: Path
) -> None:
    await open_data_set(database, Keyring([OLD]), tmp_path)
    await open_data_set(database, Keyring([OLD, NEW]), tmp_path)  # verifies with the new one
    await open_data_set(database, Keyring([NEW, OLD]), tmp_path)  # signs with it
    await open_data_set(database, Keyring([OLD, NEW]), tmp_path)  # a process that is not told yet
    await open_data_set(database, Keyring([NEW, OLD]), tmp_path)
    await open_data_set(database, Keyring([NEW]), tmp_path)
    before = await marks(database)
    for keyring in (Keyring([OLD]), Keyring([OTHER])):
        with pytest.raises(DataSetError, match="repair --adopt-keys"):
            await open_data_set(database, keyring, tmp_path)
    assert before == await marks(database)
    await adopt(database, Keyring([OTHER]))
    await open_data_set(database, Keyring([OTHER]), tmp_path)


async def test_of_two_processes_that_begin_with_other_keys_one_is_refused(
    database: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = data_set.first_key

    async def after_another(*args: Any) -> str:
        monkeypatch.setattr(data_set, "first_key", looked)
        await open_data_set(database, Keyring([OTHER]), tmp_path)
        return await looked(*args)

    monkeypatch.setattr(data_set, "first_key", after_another)
    with pytest.raises(DataSetError, match="repair --adopt-keys"):
        await open_data_set(database, Keyring([OLD]), tmp_path)
    await open_data_set(database, Keyring([OTHER]), tmp_path)


def snapshot(folder: Path, kind: str, count: int) -> None:
    (folder / f"{kind}.snapshot").write_text(f'{{"format":1,"count":{count}}}\nrecords')


async def test_an_empty_database_beside_snapshots_of_it_is_refused(
    database: Client, tmp_path: Path
) -> None:
    snapshot(tmp_path, "stores", 938)
    snapshot(tmp_path, "groups", 0)
    await database.set("{stores}:epoch", "a1")  # a server that follows leaves such keys behind
    await database.set("{health}:probe", 1)
    with pytest.raises(DataSetError, match=r"hold 938 stores of it.*enrayon restore FILE"):
        await open_data_set(database, Keyring([OLD]), tmp_path)
    assert {} == await marks(database)
    (tmp_path / "stores.snapshot").unlink()
    await open_data_set(database, Keyring([OLD]), tmp_path)


def test_damaged_snapshots_count_for_nothing(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"\xff\n", b"[]\n", b"{}\n", b'{"count": 0}\n')):
        (tmp_path / f"k{number}.snapshot").write_bytes(content)
    assert {} == kept_records(tmp_path)
    snapshot(tmp_path, "hours", 2)
    assert {"hours": 2} == kept_records(tmp_path)
