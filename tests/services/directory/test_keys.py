"""The keys of a kind of record suit a cluster."""

from redis.crc import key_slot

from services.directory.keys import STORES, Keys


def test_the_keys_lie_in_one_slot_of_a_cluster():
    slots = {key_slot(key.encode()) for key in Keys.of(STORES)}
    assert 1 == len(slots)
