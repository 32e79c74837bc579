"""A real Valkey accepts the database settings, and they are in force."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from services.chassis.database.embedded import OPTIONS, EmbeddedValkey, EmbeddedValkeyError
from tests.deploy.queries import DEPLOY
from tests.support.ports import CLUSTER_BUS, free_port, on_free_ports

INCLUDED = "/etc/valkey/valkey.conf"


class Configured(EmbeddedValkey):
    """A Valkey that is told everything by a file."""

    def __init__(self, data_dir: Path, config: Path, options: dict[str, str]) -> None:
        super().__init__(data_dir)
        self.options = options
        self._config = config

    def command(self) -> list[str]:
        program, *arguments = super().command()
        return [program, str(self._config), *arguments]


@contextmanager
def running(name: str, folder: Path) -> Iterator[dict[str, Any]]:
    """What a Valkey with one of the files says of its settings."""
    shutil.copy(DEPLOY / "valkey" / "valkey.conf", folder / "valkey.conf")
    text = (DEPLOY / "valkey" / name).read_text()
    config = folder / f"tried-{name}"
    config.write_text(text.replace(INCLUDED, str(folder / "valkey.conf")))

    def start() -> Configured:
        valkey = Configured(folder / "data", config, {"port": str(free_port(CLUSTER_BUS))})
        valkey.start()
        return valkey

    valkey = on_free_ports(start, EmbeddedValkeyError)
    try:
        with Redis.from_url(valkey.url) as redis:
            yield dict(redis.config_get("*"))
    finally:
        valkey.stop()


@pytest.mark.parametrize("name", ["valkey.conf", "cluster.conf"])
def test_what_was_acknowledged_is_kept(name, tmp_path):
    with running(name, tmp_path) as settings:
        for option in set(OPTIONS):
            assert OPTIONS[option] == settings[option], option


def test_a_cluster_goes_on_without_some_of_its_masters(tmp_path):
    with running("cluster.conf", tmp_path) as settings:
        assert "yes" == settings["cluster-enabled"]
        assert "no" == settings["cluster-require-full-coverage"]
        assert "1" == settings["min-replicas-to-write"]
