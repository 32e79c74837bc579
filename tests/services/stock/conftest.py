"""The stock service, and its state on a real store."""

import pytest

from services.chassis.redis import Client
from services.stock.state.holds import Holds
from services.stock.state.levels import Levels


@pytest.fixture(autouse=True)
def allow_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store of the tests does not sync."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


@pytest.fixture
def levels(redis_client: Client) -> Levels:
    """Levels of an empty store."""
    return Levels(redis_client)


@pytest.fixture
def holds(redis_client: Client) -> Holds:
    """Holds of an empty store."""
    return Holds(redis_client)
