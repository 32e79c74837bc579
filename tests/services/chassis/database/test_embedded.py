"""The embedded Valkey: up at once, alone on its folder, and nothing acknowledged is ever lost."""

import importlib.util
import os
import select
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from redis import Redis

from services.chassis.database import append_only
from services.chassis.database.embedded import EmbeddedValkey, EmbeddedValkeyError, running_url
from services.chassis.processes import folder_lock, log_files

LAUNCHER = """
import sys
from pathlib import Path
from typing import cast
from services.chassis.database.embedded import EmbeddedValkey
valkey = EmbeddedValkey(Path(sys.argv[1]))
print(valkey.start(), flush=True)
print(valkey.process.pid, flush=True)
sys.stdin.read()
"""


@contextmanager
def client(url: str) -> Iterator["Redis"]:
    redis = Redis.from_url(url, decode_responses=True)
    try:
        yield redis
    finally:
        redis.close()


@contextmanager
def launcher(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """Another process that runs a Valkey on the folder, its address and the Valkey's pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip(), int(process.stdout.readline())
        finally:
            process.kill()


def has_ended(pidfd: int, within_s: float) -> bool:
    return bool(select.select([pidfd], [], [], within_s)[0])


def test_a_start_after_a_stop_finds_all_that_was_written(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        redis.set("stores/helsinki", "Kamppi")
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        assert redis.get("stores/helsinki") == "Kamppi"


def test_each_write_is_on_disk_before_it_is_acknowledged_and_none_is_evicted(
    tmp_path: Path,
) -> None:
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        assert {
            "appendonly": "yes",
            "appendfsync": "always",
            "no-appendfsync-on-rewrite": "no",
            "aof-use-rdb-preamble": "yes",
            "maxmemory-policy": "noeviction",
            "save": "",
        }.items() <= redis.config_get("*").items()


def test_nobody_else_can_reach_it(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path / "data") as valkey, client(valkey.url) as redis:
        assert redis.config_get("port") == {"port": "0"}
        for path in (valkey.data_dir, valkey.folder, valkey.socket_path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_killing_the_server_loses_nothing_acknowledged(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    with client(valkey.start()) as redis:
        for number in range(500):
            redis.set(f"k{number}", number)
    assert valkey.process
    valkey.process.kill()
    valkey.stop()
    assert valkey.socket_path.exists()  # stale, as it was left behind
    with valkey, client(valkey.url) as redis:
        assert redis.dbsize() == 500


def test_killing_the_launcher_ends_the_server_and_loses_nothing(tmp_path: Path) -> None:
    with launcher(tmp_path) as (process, url, pid):
        with client(url) as redis:
            redis.set("k", 1)
        server = os.pidfd_open(pid)
        assert not has_ended(server, within_s=0)
        process.kill()
        assert has_ended(server, within_s=10)
        os.close(server)
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        assert redis.get("k") == "1"


def test_a_second_start_is_refused_by_folder_and_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_lock, "OWNER_WAIT_S", 0)
    with launcher(tmp_path) as (process, url, _):
        with pytest.raises(EmbeddedValkeyError) as refusal:
            EmbeddedValkey(tmp_path).start()
        assert str(refusal.value) == (
            f"the data folder {tmp_path} is in use by process {process.pid}. "
            "Stop that process first, or set ENRAYON_DATA_DIR to another folder."
        )
        with client(url) as redis:
            assert redis.ping()


def test_a_start_waits_for_an_owner_on_its_way_out(tmp_path: Path) -> None:
    owner = folder_lock.FolderLock(tmp_path)
    owner.acquire("an owner that leaves")
    threading.Timer(0.1, owner.release).start()
    with EmbeddedValkey(tmp_path) as valkey:
        assert valkey.state() == "PONG"


def test_other_processes_find_it_while_it_runs(tmp_path: Path) -> None:
    assert running_url(tmp_path) is None
    with launcher(tmp_path) as (_, url, _):
        assert running_url(tmp_path) == url
    with EmbeddedValkey(tmp_path):
        pass
    assert running_url(tmp_path) is None


@pytest.mark.parametrize("name", ["with a space", "100% Öppet", "x" * 200])
def test_any_folder_name_will_do(
    name: str, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_path))
    with EmbeddedValkey(short_path / name) as valkey, client(valkey.url) as redis:
        assert redis.ping()
        assert running_url(short_path / name) == valkey.url
        assert redis.config_get("dir") == {"dir": str(short_path / name / "valkey")}


def test_a_socket_is_never_put_into_a_folder_that_may_be_another_users(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_path))
    (short_path / "trap").mkdir()
    (short_path / f"enrayon-{os.getuid()}").symlink_to("trap")
    with pytest.raises(EmbeddedValkeyError, match="the folder belongs to someone else"):
        EmbeddedValkey(short_path / ("x" * 200)).start()


def test_a_write_that_was_torn_off_does_not_stop_the_next_start(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        redis.set("whole", 1)
    [log] = (valkey.folder / "appendonlydir").glob("*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$10\r\n123")
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        assert redis.keys() == ["whole"]


def test_a_log_of_writes_that_is_damaged_inside_is_an_error_with_the_servers_own_words(
    tmp_path: Path,
) -> None:
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        redis.set("whole", 1)
    [log] = (valkey.folder / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"no log at all\r\n" * 10 + log.read_bytes())
    with pytest.raises(EmbeddedValkeyError) as error:
        EmbeddedValkey(tmp_path).start()
    assert "the embedded Valkey ended with code 1" in str(error.value)
    assert "valkey-check-aof --fix" in str(error.value)


def test_a_start_waits_until_the_data_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedValkey(tmp_path) as valkey, client(valkey.url) as redis:
        writes = redis.pipeline(transaction=False)
        for number in range(3000):
            writes.set(f"k{number}", number)
        writes.execute()
    states = []
    state = EmbeddedValkey.state

    def noted(valkey: EmbeddedValkey) -> str:
        states.append(state(valkey))
        return states[-1]

    monkeypatch.setattr(EmbeddedValkey, "state", noted)
    microseconds_per_command = {"key-load-delay": "300"}
    with EmbeddedValkey(tmp_path, microseconds_per_command) as valkey, client(valkey.url) as redis:
        assert redis.dbsize() == 3000
    assert "LOADING" in states


def test_its_own_log_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MAX_BYTES", 100)
    for _ in range(3):
        with EmbeddedValkey(tmp_path) as valkey:
            pass
    assert {"valkey.log", "valkey.log.1"} == {log.name for log in valkey.log_file.parent.iterdir()}
    assert valkey.log_file.read_text().count("Ready to accept connections") == 1


def test_a_platform_without_the_wheel_is_told_to_use_a_redis_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedValkeyError, match="Set ENRAYON_DATABASE_URL"):
        EmbeddedValkey(tmp_path).start()
    monkeypatch.undo()
    with EmbeddedValkey(tmp_path) as valkey:  # and the folder is not left locked
        assert valkey.state() == "PONG"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedValkeyError, match=r"cannot use .*/file/data: .*ENRAYON_DATA_DIR"):
        EmbeddedValkey(tmp_path / "file" / "data").start()


def snapshot(data_dir: Path, count: int = 938) -> None:
    """What a server keeps of the stores that it has read."""
    data_dir.mkdir(exist_ok=True)
    (data_dir / "stores.snapshot").write_text(f'{{"format":1,"count":{count}}}\n')


def files_of(data_dir: Path) -> Path:
    return data_dir / "valkey" / append_only.FOLDER


def filled(data_dir: Path) -> None:
    with EmbeddedValkey(data_dir) as valkey, client(valkey.url) as redis:
        redis.set("stores/helsinki", "Kamppi")


def value(data_dir: Path, *, anew: bool = False) -> str | None:
    with EmbeddedValkey(data_dir, anew=anew) as valkey, client(valkey.url) as redis:
        return cast("str | None", redis.get("stores/helsinki"))


def test_a_folder_whose_database_is_gone_is_not_begun_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    snapshot(tmp_path)
    files_of(tmp_path).rename(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedValkeyError, match=r"938 stores.*enrayon restore.*up --anew"):
        EmbeddedValkey(tmp_path).start()
    assert not files_of(tmp_path).exists()
    (tmp_path / "elsewhere").rename(files_of(tmp_path))  # as the text says
    assert "Kamppi" == value(tmp_path)


def test_a_folder_without_the_list_of_its_files_is_not_begun_anew(tmp_path: Path) -> None:
    """Valkey would start empty, and append to the old file."""
    filled(tmp_path)
    (files_of(tmp_path) / append_only.MANIFEST).unlink()
    before = {path.name: path.read_bytes() for path in files_of(tmp_path).iterdir()}
    with pytest.raises(EmbeddedValkeyError, match=r"manifest is gone.*enrayon restore"):
        EmbeddedValkey(tmp_path).start()
    assert before == {path.name: path.read_bytes() for path in files_of(tmp_path).iterdir()}


def test_what_is_left_of_lost_data_is_set_aside_and_not_deleted(tmp_path: Path) -> None:
    filled(tmp_path)
    snapshot(tmp_path)
    (files_of(tmp_path) / append_only.MANIFEST).unlink()
    assert value(tmp_path, anew=True) is None
    [aside] = tmp_path.glob("earlier-*")
    assert {"stores.snapshot", append_only.FOLDER} == {path.name for path in aside.iterdir()}
    assert any((aside / append_only.FOLDER).glob("*.aof"))
    assert value(tmp_path) is None  # the next start finds a database


@pytest.mark.parametrize("count", [0, None])
def test_a_snapshot_of_nothing_is_no_sign_of_data(tmp_path: Path, count: int | None) -> None:
    snapshot(tmp_path)
    if count is None:
        (tmp_path / "stores.snapshot").write_bytes(b"\xff")
    else:
        snapshot(tmp_path, count)
    assert value(tmp_path) is None


def test_a_folder_of_whole_files_is_never_set_aside(tmp_path: Path) -> None:
    filled(tmp_path)
    snapshot(tmp_path)
    assert "Kamppi" == value(tmp_path, anew=True)
    assert [] == list(tmp_path.glob("earlier-*"))
