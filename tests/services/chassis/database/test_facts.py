"""A database tells its version and its durability."""

from pathlib import Path

from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.database.facts import database_facts
from services.chassis.settings import ChassisSettings
from tests.backends import Cluster, ask


async def test_a_database_tells_its_version_and_how_it_keeps(
    valkey: EmbeddedValkey, settings: ChassisSettings
) -> None:
    facts = await database_facts(settings, valkey.url)
    assert not facts.is_too_old
    assert (facts.appendonly, facts.appendfsync) == ("yes", "no")
    assert facts.keeps_acknowledged is False


async def test_a_cluster_keeps_what_its_most_forgetful_node_keeps(
    tmp_path: Path, settings: ChassisSettings
) -> None:
    with Cluster(tmp_path, {"appendfsync": "always"}) as cluster:
        assert (await database_facts(settings, cluster.url)).keeps_acknowledged
        forgetful = cluster.masters[-1]
        ask(forgetful, "CONFIG", "SET", "appendfsync", "everysec")
        facts = await database_facts(settings, cluster.url)
        assert (facts.appendfsync, facts.keeps_acknowledged) == ("everysec", False)
        cluster.kill(forgetful)
        assert (await database_facts(settings, cluster.url)).keeps_acknowledged
