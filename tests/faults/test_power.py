"""Rows 11 and 12: acknowledged holds after a power loss, and after a torn tail of the log."""

import asyncio
from pathlib import Path

import pytest

from services.chassis.database.client import connect
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.settings import ChassisSettings
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from tests.faults import workload
from tests.faults.checker import Act, Verdict, judge
from tests.faults.power import SHIM, cut_to_what_was_synced
from tests.support.shims import compiled


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled shim; the test skips, and says so, where there is no C compiler."""
    shim = compiled(SHIM, tmp_path_factory.mktemp("shim"))
    if shim is None:
        pytest.skip("a simulated power loss needs a C compiler, and there is none")
    return shim


async def survived(
    folder: Path, monkeypatch: pytest.MonkeyPatch, shim: Path, fsync: str
) -> tuple[Verdict, int]:
    """Judge the acts of eight clients during which the power goes."""
    settings = ChassisSettings(grpc_port=0, http_port=0, data_dir=folder)
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    valkey = EmbeddedValkey(folder, {"appendfsync": fsync})
    try:
        valkey.start()
        return await acted_and_cut(valkey, settings, monkeypatch, fsync)
    finally:
        valkey.stop()


async def acted_and_cut(
    valkey: EmbeddedValkey, settings: ChassisSettings, monkeypatch: pytest.MonkeyPatch, fsync: str
) -> tuple[Verdict, int]:
    client = connect(settings, valkey.url)
    initial = await workload.stocked(client, 300)
    await asyncio.sleep(1.2 if fsync == "everysec" else 0)  # the levels are on disk
    acts: list[Act] = []
    running = asyncio.create_task(workload.run(Holds(client), 8, 100, 11, acts))
    while len(acts) < 200:  # noqa: ASYNC110 - a fraction of a second
        await asyncio.sleep(0.01)
    assert valkey.process is not None
    valkey.process.kill()
    valkey.process.wait()
    lost = cut_to_what_was_synced(valkey.folder)
    valkey.stop()
    monkeypatch.delenv("LD_PRELOAD")
    valkey.start()
    await running
    await client.aclose()
    client = connect(settings, valkey.url)  # its connections led to the server that was killed
    verdict = judge(initial, acts, await workload.end_of(client))
    if fsync == "always":
        assert [] == (await Ledger(client).reconcile()).drifts
    await client.aclose()
    return verdict, lost


@pytest.mark.parametrize("fsync", ["always", "everysec"])
async def test_a_power_loss_spares_acknowledged_holds_only_when_every_write_is_synced(
    tmp_path, monkeypatch, shim, fsync, figure
):
    for number in range(1 if fsync == "always" else 5):
        verdict, lost_bytes = await survived(tmp_path / str(number), monkeypatch, shim, fsync)
        if verdict.faults:
            break  # the cut may fall on the moment of a sync

    figure(
        11,
        f"power loss, appendfsync {fsync}: {lost_bytes} bytes cut, {verdict}",
    )
    if fsync == "always":
        assert [] == verdict.faults
    else:  # proves that the shim and the checker work
        assert 0 < len(verdict.faults)


async def test_a_torn_tail_costs_nothing_that_was_acknowledged(tmp_path, figure):
    settings = ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path)
    with EmbeddedValkey(tmp_path) as valkey:
        client = connect(settings, valkey.url)
        initial = await workload.stocked(client, 60)
        acts = await workload.run(Holds(client), 4, 40, seed=12)
        assert valkey.process is not None
        valkey.process.kill()
        valkey.process.wait()
        [tail] = valkey.folder.rglob("*.incr.aof")
        with tail.open("ab") as file:  # half a command
            file.write(b"*4\r\n$4\r\nHSET\r\n$10\r\n{s21}:hol")
        await client.aclose()
        valkey.stop()
        valkey.start()
        client = connect(settings, valkey.url)
        verdict = judge(initial, acts, await workload.end_of(client))
        await client.aclose()

    figure(12, f"torn tail: {verdict}")
    assert [] == verdict.faults
