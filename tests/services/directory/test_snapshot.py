"""A snapshot reads back as it was written; a damaged one is not used."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from services.directory.snapshot import Snapshot, read_snapshot, write_snapshot

MARCH = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def test_a_snapshot_reads_back_as_it_was_written(tmp_path: Path):
    snapshot = Snapshot("epoch", 7, MARCH, {"a": b"1", "ä": b"", "c": bytes(1000)})
    write_snapshot(tmp_path / "s", snapshot)

    assert snapshot == read_snapshot(tmp_path / "s")
    assert ["s"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("cut", [0, 1, 20, 100, 150, -1])
def test_a_damaged_snapshot_is_not_used(tmp_path: Path, cut):
    write_snapshot(tmp_path / "s", Snapshot("epoch", 7, MARCH, {"a": b"x" * 50, "b": b"y"}))
    whole = (tmp_path / "s").read_bytes()
    (tmp_path / "s").write_bytes(whole[:cut])

    assert read_snapshot(tmp_path / "s") is None


def test_a_snapshot_of_which_one_bit_has_turned_is_not_used(tmp_path: Path):
    columns = {"latitude": np.arange(50.0), "located": np.arange(50, dtype=np.int32)}
    written = Snapshot("epoch", 7, MARCH, {"a": b"x" * 50, "b": b"y"}, columns)
    write_snapshot(tmp_path / "s", written)
    read = read_snapshot(tmp_path / "s")
    assert read is not None
    assert {"latitude", "located"} == set(read.columns)
    whole = (tmp_path / "s").read_bytes()
    content = whole.index(b"\n") + 1
    for place in range(content, len(whole), 7):
        turned = bytearray(whole)
        turned[place] ^= 4
        (tmp_path / "s").write_bytes(turned)
        assert read_snapshot(tmp_path / "s") is None, place


def test_a_snapshot_of_before_the_sum_is_read(tmp_path: Path):
    written = Snapshot("epoch", 7, MARCH, {"a": b"x" * 50, "b": b"y"})
    write_snapshot(tmp_path / "s", written)
    whole = (tmp_path / "s").read_bytes()
    (tmp_path / "s").write_bytes(whole[:-4].replace(b',"has_sum":true', b""))
    assert written == read_snapshot(tmp_path / "s")
