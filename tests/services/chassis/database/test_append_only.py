"""A damaged append-only file is repaired by Valkey's own checker, and copied before."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from services.chassis.database import append_only
from services.chassis.database.embedded import EmbeddedValkey, EmbeddedValkeyError, server_binary

COUNT = 1000


@pytest.fixture
def newest(tmp_path: Path) -> Path:
    """The file of a database of a thousand keys, that Valkey appends to."""
    with EmbeddedValkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        for number in range(COUNT):
            redis.set(f"k{number}", "x" * 50)
    [file] = (tmp_path / "valkey" / append_only.FOLDER).glob("*.incr.aof")
    return file


def held(data_dir: Path) -> int:
    with EmbeddedValkey(data_dir) as valkey, Redis.from_url(valkey.url) as redis:
        return int(redis.dbsize())


def damage(data_dir: Path) -> append_only.Damage | None:
    return append_only.damage(data_dir / "valkey", server_binary())


def test_a_whole_file_has_no_damage(tmp_path: Path, newest: Path) -> None:
    assert damage(tmp_path) is None
    newest.write_bytes(b"")
    assert damage(tmp_path) is None


@pytest.mark.parametrize(
    ("harm", "is_blank", "kept"),
    [
        pytest.param(lambda whole: whole + bytes(5000), True, COUNT, id="zeros at the end"),
        pytest.param(lambda whole: whole[:-7] + bytes(900), False, COUNT - 1, id="torn, zeros"),
        pytest.param(
            lambda whole: whole[:40_000] + bytes(100) + whole[40_100:], False, None, id="a hole"
        ),
        pytest.param(lambda _: bytes(100), True, 0, id="zeros alone"),
    ],
)
def test_a_damaged_end_is_cut_off_and_kept_aside(
    tmp_path: Path, newest: Path, harm: Callable[[bytes], bytes], is_blank: bool, kept: int | None
) -> None:
    harmed = harm(newest.read_bytes())
    newest.write_bytes(harmed)
    with pytest.raises(EmbeddedValkeyError, match="`enrayon repair` shows the damage"):
        held(tmp_path)
    found = damage(tmp_path)
    assert found is not None
    assert (is_blank, len(harmed)) == (found.is_blank, found.good_bytes + found.cut_bytes)
    copy = append_only.repair(found, tmp_path / "valkey", tmp_path, server_binary())
    assert harmed == (copy / append_only.FOLDER / newest.name).read_bytes()
    if kept is None:
        assert 0 < held(tmp_path) < COUNT
    else:
        assert kept == held(tmp_path)


def test_a_torn_end_is_cut_off_by_valkey_itself(tmp_path: Path, newest: Path) -> None:
    """A kill leaves it so: the change was not acknowledged."""
    newest.write_bytes(newest.read_bytes()[:-7])
    assert damage(tmp_path) is not None
    assert COUNT - 1 == held(tmp_path)
    assert damage(tmp_path) is None


@pytest.mark.parametrize(
    "harm", [lambda whole: whole[:-9] + b"\0" + whole[-8:], lambda whole: whole[:90], None]
)
def test_a_damaged_older_file_is_told_with_what_to_do(
    tmp_path: Path, newest: Path, harm: Callable[[bytes], bytes] | None
) -> None:
    with EmbeddedValkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        redis.bgrewriteaof()
        while (
            redis.info("persistence")["aof_rewrite_in_progress"]
            or not redis.info("persistence")["aof_base_size"]
        ):
            pass
    assert damage(tmp_path) is None
    [base] = newest.parent.glob("*.base.rdb")
    if harm:
        base.write_bytes(harm(base.read_bytes()))
        with pytest.raises(EmbeddedValkeyError, match="`enrayon repair` shows the damage"):
            held(tmp_path)
    else:
        base.unlink()
    with pytest.raises(append_only.RepairError, match=r"cannot be mended.*enrayon restore FILE"):
        damage(tmp_path)
    newest.parent.rename(tmp_path / "elsewhere")
    assert 0 == held(tmp_path)


def test_files_that_are_not_there_cannot_be_repaired(tmp_path: Path, newest: Path) -> None:
    newest.unlink()
    with pytest.raises(append_only.RepairError, match="restore a backup"):
        damage(tmp_path)
    (newest.parent / append_only.MANIFEST).write_bytes(b"")
    with pytest.raises(append_only.RepairError, match="restore a backup"):
        damage(tmp_path)
    (newest.parent / append_only.MANIFEST).unlink()
    with pytest.raises(append_only.RepairError, match="nothing to repair"):
        damage(tmp_path)
