"""Rows 61 to 65: the data of a suite are lost, torn, altered, of a later version, or sold."""

import secrets
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from redis import Redis

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from geodata.samples import SUPERMARKET
from services.chassis.database import append_only, data_set
from services.chassis.database.embedded import EmbeddedValkey
from services.stock.model.levels import decoded
from services.stock.model.partitions import StoreKeys
from tests.e2e.suite import Suite

pytestmark = pytest.mark.long
SOLD = 3
LEVELS = StoreKeys.of(SUPERMARKET).levels
Figure = Callable[[int, str], None]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A demo that has run and is stopped. Each test leaves its data as they were."""
    suite = Suite(tmp_path_factory.mktemp("data") / "data", "--demo")
    suite.start()
    suite.stop()
    yield suite
    if suite.process and suite.process.poll() is None:
        suite.stop()


def files(suite: Suite) -> Path:
    """The folder of the append-only files."""
    return suite.data_dir / "valkey" / append_only.FOLDER


def refused(suite: Suite, *words: str) -> int:
    """1 if `enrayon up` refuses to start, with these words in its advice, else 0."""
    done = suite.command("up")
    told = " ".join(done.stderr.split())
    assert "Traceback" not in told
    return int(done.returncode == 1 and all(word in told for word in words))


def stores(suite: Suite) -> int:
    """The number of stores in the files of a stopped suite."""
    with EmbeddedValkey(suite.data_dir) as valkey, Redis.from_url(valkey.url) as redis:
        return int(redis.hlen("{stores}:records"))


def test_row_61_a_suite_whose_data_are_gone_does_not_begin_anew(
    suite: Suite, figure: Figure, tmp_path: Path
) -> None:
    before = stores(suite)
    kept = tmp_path / "kept"
    shutil.copytree(suite.data_dir, kept, ignore=shutil.ignore_patterns("*.sock"))
    gone = [files(suite), files(suite) / append_only.MANIFEST, suite.data_dir / "valkey"]
    count = 0
    for path in gone:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        count += refused(suite, "enrayon restore", "up --anew")
        shutil.rmtree(suite.data_dir)
        shutil.copytree(kept, suite.data_dir)
    figure(61, f"refused {count} of {len(gone)}; stores once the files are back: {stores(suite)}")
    assert len(gone) == count
    assert before == stores(suite) > 500


def test_row_62_zeros_behind_a_power_loss_are_cut_off(suite: Suite, figure: Figure) -> None:
    before = stores(suite)
    [newest] = files(suite).glob("*.incr.aof")
    with newest.open("ab") as file:
        file.write(bytes(4096))
    count = refused(suite, "enrayon repair")
    done = suite.command("repair", "--yes")
    assert 0 == done.returncode, done.stderr
    lost = before - stores(suite)
    figure(62, f"refused until repaired: {count}; stores lost by the repair: {lost}")
    assert (1, 0) == (count, lost)


def test_row_63_an_altered_backup_is_not_restored(
    suite: Suite, figure: Figure, tmp_path: Path
) -> None:
    copy, altered = tmp_path / "copy", tmp_path / "altered"
    assert 0 == suite.command("backup", str(copy)).returncode
    whole = copy.read_bytes()
    places = [0, len(whole) // 3, len(whole) // 2, len(whole) - 40, len(whole) - 1]
    count = 0
    for place in places:
        altered.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        done = suite.command("restore", "--replace", str(altered))
        count += done.returncode == 1 and "--unsigned" in done.stderr
    done = suite.command("restore", "--replace", str(copy))
    figure(63, f"altered by a bit: {count} of {len(places)} refused; whole: {done.returncode}")
    assert (len(places), 0) == (count, done.returncode)


def test_row_64_data_of_others_are_not_worked_on(suite: Suite, figure: Figure) -> None:
    def later(number: int) -> None:
        with EmbeddedValkey(suite.data_dir) as valkey, Redis.from_url(valkey.url) as redis:
            redis.hset(data_set.KEY, "format", number)

    suite.start()  # marks the data, also if they were restored
    suite.stop()
    later(data_set.FORMAT + 1)
    of_format = refused(suite, "install the version that wrote them")
    later(data_set.FORMAT)
    keys = suite.data_dir / "keys"
    own = keys.read_text()
    keys.write_text(f"1:{b64encode(secrets.token_bytes(32)).decode()}\n")
    of_keys = refused(suite, "ENRAYON_KEYS", "--adopt-keys")
    keys.write_text(own)
    figure(64, f"a later format refused: {of_format}; foreign signing keys refused: {of_keys}")
    assert (1, 1) == (of_format, of_keys)


def test_row_65_a_demo_that_starts_again_gives_nothing_back(suite: Suite, figure: Figure) -> None:
    with EmbeddedValkey(suite.data_dir) as valkey, Redis.from_url(valkey.url) as redis:
        sku = min(redis.hkeys(LEVELS))
        loaded = decoded(redis.hget(LEVELS, sku))
    sale = stock_pb2.AdjustStockRequest(
        store=f"stores/{SUPERMARKET}",
        source="till",
        sequence=1,
        deltas=[stock_pb2.StockDelta(product=f"products/{sku.decode()}", delta=-SOLD)],
    )
    suite.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{suite.grpc_port}") as channel:
            stock_pb2_grpc.StockServiceStub(channel).AdjustStock(sale, timeout=60)
    finally:
        suite.stop()
    suite.start()
    suite.stop()
    with EmbeddedValkey(suite.data_dir) as valkey, Redis.from_url(valkey.url) as redis:
        found = decoded(redis.hget(LEVELS, sku))
    back = found.on_hand - (loaded.on_hand - SOLD)
    figure(65, f"units given back: {back} of {SOLD} sold")
    assert 0 == back
    assert loaded.as_of_s < found.as_of_s
