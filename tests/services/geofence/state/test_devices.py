"""Records of devices: a full stream refuses changes, a damaged record costs its device alone."""

import pytest

from services.geofence.errors import BacklogFull
from services.geofence.model.devices import new_device
from services.geofence.state.devices import DeviceChange, DeviceRecords
from services.geofence.state.keys import Keys


async def test_a_full_stream_refuses_changes_and_keeps_none_of_them(database):
    pipeline = database.pipeline(transaction=False)
    for _ in range(12):
        pipeline.xadd(Keys.of(0).events, {"e": b""})
    await pipeline.execute()
    device = new_device(bytes(16))
    with pytest.raises(BacklogFull):
        await DeviceRecords(database, 5).write([DeviceChange.of(device, device, [])])
    assert not await database.hlen(Keys.of(0).devices)
