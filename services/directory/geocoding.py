"""Finds places by a geocoder of geopy, with a timeout and a cache in the database."""

import asyncio
import hashlib
from contextlib import suppress
from typing import Any

import orjson
import structlog
from geopy.adapters import URLLibAdapter
from geopy.exc import GeopyError
from geopy.geocoders import get_geocoder_for_service
from pydantic import Field

from geodata.gazetteer import Place, PlaceKind
from geodata.points import Point
from services.chassis.database.client import Client
from services.chassis.database.failures import FAILURES
from services.chassis.settings import EnvironmentSettings

log = structlog.get_logger()


class GeocodingSettings(EnvironmentSettings):
    """The geocoder that looks up a place before the gazetteer does."""

    geocoder: str = Field(
        "", description="a geocoder of geopy, such as nominatim or photon; empty: none"
    )
    geocoder_options: dict[str, Any] = Field(
        default_factory=dict, description="its options as JSON, such as domain or api_key"
    )
    geocoder_timeout_s: float = Field(2.0, gt=0, description="longest wait for it, in seconds")
    geocoder_cache_s: int = Field(
        30 * 24 * 3600, ge=1, description="how long the database keeps its answers, in seconds"
    )


class GeopyGeocoder:
    """A geocoder of geopy. If it or its cache fails, it finds nothing and raises nothing."""

    def __init__(self, settings: GeocodingSettings, client: Client) -> None:
        options = {"user_agent": "enrayon", **settings.geocoder_options}
        self._service = get_geocoder_for_service(settings.geocoder)(
            timeout=settings.geocoder_timeout_s,
            # Not the adapter on `requests`, which retries by itself and logs the text.
            adapter_factory=URLLibAdapter,
            **options,
        )
        self._settings = settings
        self._client = client

    async def find(self, text: str) -> Place | None:
        """The place of a text; None if the geocoder knows none or does not answer in time."""
        digest = hashlib.blake2b(text.casefold().encode(), digest_size=16).hexdigest()
        key = f"{{geocoder}}:{self._settings.geocoder}:{digest}"
        if (cached := await self._cached(key)) is not None:
            return place_of(cached)
        try:
            async with asyncio.timeout(self._settings.geocoder_timeout_s):
                found = await asyncio.to_thread(self._service.geocode, text)
        except (GeopyError, TimeoutError, OSError) as error:
            log.warning(
                "the geocoder failed", geocoder=self._settings.geocoder, error=type(error).__name__
            )
            return None
        answer = [found.address, found.latitude, found.longitude] if found else []
        with suppress(*FAILURES):
            await self._client.set(key, orjson.dumps(answer), ex=self._settings.geocoder_cache_s)
        return place_of(answer)

    async def _cached(self, key: str) -> list[Any] | None:
        with suppress(*FAILURES):
            if (stored := await self._client.get(key)) is not None:
                answer: list[Any] = orjson.loads(stored)
                return answer
        return None


def place_of(answer: list[Any]) -> Place | None:
    """The place of an answer `[name, latitude, longitude]`; None for an empty one."""
    if not answer:
        return None
    name, latitude, longitude = answer
    return Place(name, "", "", "", Point(latitude, longitude), PlaceKind.TOWN, 0)
