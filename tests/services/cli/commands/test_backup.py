"""What the commands say of files and keys that do not fit."""

import pytest

from services.cli.commands.backup import backup, restore
from services.cli.output import CommandError


@pytest.fixture(autouse=True)
def _on_the_store(database_url, database, tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ENRAYON_DATABASE_URL", database_url)


def test_what_is_no_backup_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("id,name\n")
    with pytest.raises(CommandError, match="file is no backup, or is cut off or damaged"):
        restore(tmp_path / "file")
    with pytest.raises(CommandError, match="there is no file"):
        restore(tmp_path / "none")
    with pytest.raises(CommandError, match="No such file or directory"):
        backup(tmp_path / "no folder" / "copy")


def test_other_signing_keys_are_noticed(tmp_path, capsys):
    backup(tmp_path / "copy")
    restore(tmp_path / "copy")
    assert "keys are others" not in capsys.readouterr().err
    (tmp_path / "data" / "keys").unlink()
    restore(tmp_path / "copy")
    assert "keys are others" in capsys.readouterr().err


def test_a_store_that_cannot_be_reached_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATABASE_URL", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(CommandError, match="the store failed: ConnectionError"):
        backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
