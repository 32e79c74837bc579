"""`enrayon backup` and `enrayon restore`: errors of files, keys and the database."""

import pytest

from services.cli.commands.backup import backup, restore
from services.cli.output import CommandError


@pytest.fixture(autouse=True)
def _on_the_database(database_url, database, tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ENRAYON_DATABASE_URL", database_url)


def test_a_file_that_is_no_backup_is_a_one_line_error(tmp_path):
    (tmp_path / "file").write_text("id,name\n")
    with pytest.raises(CommandError, match="file is not a backup, or is cut off or damaged"):
        restore(tmp_path / "file")
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


def test_an_unreachable_database_is_a_one_line_error(tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATABASE_URL", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(CommandError, match="failed: ConnectionError"):
        backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
