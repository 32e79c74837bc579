"""One owner of a folder at a time, its children included."""

import subprocess
from pathlib import Path

import pytest

from services.chassis.processes import folder_lock
from services.chassis.processes.folder_lock import FolderInUseError, FolderLock


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_lock, "OWNER_WAIT_S", 0)
    monkeypatch.setattr(folder_lock, "ORPHAN_WAIT_S", 0)


def test_a_folder_is_free_when_its_owner_lets_go(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire("first")
    with pytest.raises(FolderInUseError):
        second.acquire("second")
    assert folder_lock.read(tmp_path)[1] == "first"
    first.release()
    second.acquire("second")
    assert folder_lock.read(tmp_path)[1] == "second"
    second.release()


def test_a_folder_is_not_free_while_a_child_of_its_owner_lives(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire("first")
    with subprocess.Popen(["/bin/sleep", "999"], pass_fds=first.descriptors) as child:
        first.release()
        with pytest.raises(FolderInUseError):
            second.acquire("second")
        child.kill()
    second.acquire("second")
    second.release()


def test_an_owner_may_take_its_folder_twice(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    lock.acquire("first")
    lock.acquire("again")
    assert len(lock.descriptors) == 1
    lock.release()
    assert not lock.descriptors


@pytest.mark.parametrize("text", [None, "", "no number", "12"])
def test_a_folder_without_an_owner_says_so(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "lock").write_text(text)
    assert folder_lock.read(tmp_path) == (0, "")


def test_a_lock_file_with_anything_in_it_can_be_taken(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("not ours\n" * 100)
    lock = FolderLock(tmp_path)
    lock.acquire("mine")
    assert folder_lock.read(tmp_path)[1] == "mine"
    lock.release()
