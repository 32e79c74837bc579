"""A large file gives the same stores as a small one, but keeps them on disk."""

from pathlib import Path

import pytest

from geodata.importers import Import, ImporterError, ids, read, spill

ROWS = 1200
HEAD = "id,name,lat,lon,city,country"


def feed(tmp_path: Path) -> Path:
    """Rows in one town; some twice, some refused, one swapped, one at sea without an address."""
    lines = [f"{n},Shop {n},{48.8 + n / 10_000},2.35,Paris,FR" for n in range(ROWS)]
    lines[700] = lines[3]
    lines[701] = "3,Another,48.8,2.35,Paris,FR"
    lines[702] = "702,,48.8,2.35,Paris,FR"
    lines[703] = "703,Swapped,2.35,48.8,,"
    lines[704] = "704,At sea,0.0,-30.0,,"
    lines[705:715] = [f"{n},Crowd,48.85,2.36,Paris,FR" for n in range(705, 715)]
    lines[720] = "a:1,First,48.8,2.35,Paris,FR"
    lines[721] = "A/1,Second,48.8,2.35,Paris,FR"
    path = tmp_path / "feed.csv"
    path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return path


def test_stores_on_disk_are_those_in_memory(tmp_path, monkeypatch):
    small: Import = read(feed(tmp_path), source="s")
    assert isinstance(small.stores, list)
    monkeypatch.setattr(spill, "BLOCK", 7)
    monkeypatch.setattr(spill, "FEW", 0)
    large = read(feed(tmp_path), source="s")

    assert not isinstance(large.stores, list)
    assert small.stores == list(large.stores) == large.stores[:]
    assert len(small.stores) == len(large.stores)
    assert small.stores[-1] == large.stores[-1]
    assert small.remarks == large.remarks
    assert [703, 704, 706] == [item.row for item in small.rejected]
    assert small.rejected == large.rejected
    assert small.rows == large.rows == ROWS


def test_that_there_is_no_folder_of_temporary_files_is_told(tmp_path, monkeypatch):
    def nowhere(*_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    path = feed(tmp_path)
    monkeypatch.setattr(spill, "BLOCK", 7)
    for name in ("TemporaryFile", "gettempdir"):
        monkeypatch.setattr(f"tempfile.{name}", lambda *_, **__: nowhere())
    with pytest.raises(ImporterError, match="No usable temporary directory found; set TMPDIR"):
        read(path, source="s")


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spill, "BLOCK", 7)
    monkeypatch.setattr(spill, "_write", full)
    with pytest.raises(ImporterError, match="No space left on device; set TMPDIR"):
        read(feed(tmp_path), source="s")


def test_a_disk_that_is_full_of_ids_is_told(tmp_path, monkeypatch):
    real = ids._SCHEMA
    monkeypatch.setattr(ids, "_SCHEMA", real + "PRAGMA max_page_count = 9;")
    with pytest.raises(ImporterError, match="is full; set TMPDIR"):
        read(feed(tmp_path), source="s")
