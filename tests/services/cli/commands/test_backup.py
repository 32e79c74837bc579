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
    with pytest.raises(CommandError, match=r"file is not signed: .* --unsigned takes it unchecked"):
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


def test_the_key_alone_can_be_made(key_file, tmp_path, capsys):
    backup(make_key=True)
    made = key_file.read_text()
    assert "made the backup key" in capsys.readouterr().err
    backup(make_key=True)
    assert made == key_file.read_text()
    assert [] == [*tmp_path.glob("*backup*")]
    assert 0o600 == key_file.stat().st_mode & 0o777


def test_a_key_of_age_keygen_is_taken_and_its_comments_do_not_count(tmp_path, key_file):
    backup(tmp_path / "copy")
    key_file.write_text(
        f"# created: 2026-11-30T07:00:00Z\n# public key: age1x\n{key_file.read_text()}"
    )
    restore(tmp_path / "copy")


def test_a_folder_keeps_the_latest_backups_and_all_else(tmp_path, key_file):
    folder = tmp_path / "copies"
    folder.mkdir()
    others = {"notes.txt", "enrayon-20990101T000000Z.backup.part", "before-upgrade.backup"}
    old = {f"enrayon-2026110{day}T021700Z.backup" for day in range(1, 6)}
    killed = "enrayon-20261103T021701Z.backup.part"
    for name in {killed, *others, *old}:
        (folder / name).touch()
    backup(folder, keep=3)
    left = {path.name for path in folder.iterdir()} - others
    assert {"enrayon-20261104T021700Z.backup", "enrayon-20261105T021700Z.backup"} == left & old
    [new] = left - old
    restore(folder / new)
    assert others <= {path.name for path in folder.iterdir()}


def test_a_backup_that_fails_deletes_no_earlier_one(tmp_path, monkeypatch, key_file):
    folder = tmp_path / "copies"
    folder.mkdir()
    old = {f"enrayon-2026110{day}T021700Z.backup" for day in range(1, 6)}
    for name in old:
        (folder / name).touch()
    monkeypatch.setenv("ENRAYON_DATABASE_URL", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(CommandError, match="failed: ConnectionError"):
        backup(folder, keep=1)
    assert old == {path.name for path in folder.iterdir()}


def test_what_is_to_be_kept_needs_a_folder(tmp_path):
    with pytest.raises(CommandError, match="--keep needs a folder"):
        backup(tmp_path / "copy", keep=1)
    with pytest.raises(CommandError, match="name the file"):
        backup()


@pytest.mark.parametrize("path", ["data/sub/key", "other/../data/sub/key", "link/sub/key"])
def test_a_backup_key_in_the_data_folder_is_refused(tmp_path, monkeypatch, path):
    (tmp_path / "data").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    monkeypatch.setenv("ENRAYON_BACKUP_KEY_FILE", str(tmp_path / path))
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
