"""`enrayon repair` asks before it cuts anything off, and takes new signing keys when told."""

from pathlib import Path

import pytest
import typer
from redis import Redis

from services.chassis.database import append_only
from services.chassis.database.embedded import EmbeddedValkey
from services.cli.commands.repair import repair
from services.cli.output import CommandError


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("ENRAYON_DATABASE_URL", raising=False)
    with EmbeddedValkey(tmp_path / "data") as valkey, Redis.from_url(valkey.url) as redis:
        redis.set("k", "v")
    return tmp_path / "data"


def newest(data_dir: Path) -> Path:
    [file] = (data_dir / "valkey" / append_only.FOLDER).glob("*.incr.aof")
    return file


def test_a_whole_file_is_left_alone(data_dir, capsys):
    before = newest(data_dir).read_bytes()
    repair(yes=True)
    assert "nothing to repair" in capsys.readouterr().out
    assert before == newest(data_dir).read_bytes()
    assert [] == list(data_dir.glob("damaged-*"))


def test_zeros_of_a_power_loss_are_cut_off_once_confirmed(data_dir, capsys, monkeypatch):
    before = newest(data_dir).read_bytes()
    newest(data_dir).write_bytes(before + bytes(4096))
    monkeypatch.setattr(typer, "confirm", lambda _: False)
    with pytest.raises(CommandError, match="nothing was changed"):
        repair()
    assert before + bytes(4096) == newest(data_dir).read_bytes()
    monkeypatch.setattr(typer, "confirm", lambda _: True)
    repair()
    told = " ".join(capsys.readouterr().out.split())
    assert "the last 4,096 of" in told
    assert "No change is in them." in told
    assert before == newest(data_dir).read_bytes()


def test_a_torn_end_says_what_it_may_cost(data_dir, capsys):
    newest(data_dir).write_bytes(newest(data_dir).read_bytes()[:-3])
    repair(yes=True)
    assert "may lie there" in capsys.readouterr().out


def test_a_running_database_is_not_repaired(data_dir):
    with (
        EmbeddedValkey(data_dir),
        pytest.raises(CommandError, match="in use by process"),
    ):
        repair(yes=True)


def test_another_database_is_not_repaired_here(data_dir, monkeypatch):
    monkeypatch.setenv("ENRAYON_DATABASE_URL", "redis://localhost")
    with pytest.raises(CommandError, match="valkey-check-aof"):
        repair(yes=True)
