"""Stores hash evenly into partitions."""

from services.stock.model.partitions import PARTITIONS, partition_of


def test_stores_spread_evenly_over_the_partitions(levels):
    counts = [0] * PARTITIONS
    for number in range(64_000):
        counts[partition_of(f"us-{number}")] += 1

    assert 0.85 < min(counts) / 1000
    assert 1.15 > max(counts) / 1000
