"""`enrayon backup` and `enrayon restore`: errors of files, keys and the database."""

import pytest

from services.cli.commands.backup import backup, restore
from services.cli.output import CommandError


@pytest.fixture(autouse=True)
def _on_the_database(database_url, database, tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ENRAYON_DATABASE_URL", database_url)


@pytest.fixture
def key_file(tmp_path, monkeypatch):
    path = tmp_path / "elsewhere" / "backup.key"
    monkeypatch.setenv("ENRAYON_BACKUP_KEY_FILE", str(path))
    return path


def test_a_file_that_is_no_backup_is_a_one_line_error(tmp_path):
    backup(tmp_path / "copy")
    (tmp_path / "file").write_text("id,name\n")
    with pytest.raises(CommandError, match="file is not signed; --unsigned takes it"):
        restore(tmp_path / "file")
    with pytest.raises(CommandError, match="file is not a backup, or is cut off or damaged"):
        restore(tmp_path / "file", unsigned=True)
    with pytest.raises(CommandError, match="there is no file"):
        restore(tmp_path / "none")
    with pytest.raises(CommandError, match="No such file or directory"):
        backup(tmp_path / "no folder" / "copy")


def test_other_signing_keys_are_noticed(tmp_path, capsys):
    backup(tmp_path / "copy")
    restore(tmp_path / "copy")
    assert "signing keys differ" not in capsys.readouterr().err
    (tmp_path / "data" / "keys").unlink()
    restore(tmp_path / "copy")
    assert "signing keys differ" in capsys.readouterr().err


def test_a_backup_key_is_made_once_and_told_of(tmp_path, capsys, key_file):
    backup(tmp_path / "copy")
    assert "made the backup key" in capsys.readouterr().err
    backup(tmp_path / "copy")
    assert "made the backup key" not in capsys.readouterr().err
    restore(tmp_path / "copy")


def test_a_backup_key_in_the_data_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_BACKUP_KEY_FILE", str(tmp_path / "data" / "sub" / "key"))
    with pytest.raises(CommandError, match="would be lost with it"):
        backup(tmp_path / "copy")
    assert not (tmp_path / "data" / "sub").exists()


def test_a_lost_backup_key_costs_the_encrypted_backups(tmp_path, monkeypatch, key_file):
    backup(tmp_path / "plain")
    monkeypatch.setenv("ENRAYON_BACKUP_ENCRYPTED", "true")
    backup(tmp_path / "encrypted")
    restore(tmp_path / "encrypted")
    key_file.unlink()
    for name in ("plain", "encrypted"):
        with pytest.raises(CommandError, match="there is no backup key"):
            restore(tmp_path / name)
    restore(tmp_path / "plain", unsigned=True)
    with pytest.raises(CommandError, match="is encrypted; it needs its backup key"):
        restore(tmp_path / "encrypted", unsigned=True)
    backup(tmp_path / "later")  # makes another key
    for name in ("plain", "encrypted"):
        with pytest.raises(CommandError, match="signed with another backup key"):
            restore(tmp_path / name)


def test_an_unreachable_database_is_a_one_line_error(tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATABASE_URL", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(CommandError, match="failed: ConnectionError"):
        backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
