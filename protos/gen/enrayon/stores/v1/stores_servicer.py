"""The methods of servicers of `enrayon/stores/v1/stores.proto`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

from enrayon.stores.v1 import stores_pb2
from google.protobuf import empty_pb2

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


class StoresServicer(Protocol):
    """Answers `enrayon.stores.v1.StoresService`."""

    def get_store(self, request: stores_pb2.GetStoreRequest, /) -> Answer[stores_pb2.Store]:
        """One store by name."""

    def batch_get_stores(
        self, request: stores_pb2.BatchGetStoresRequest, /
    ) -> Answer[stores_pb2.BatchGetStoresResponse]:
        """Several stores by name: those that exist, in the order of the request, and the names of
        the others."""

    def list_stores(
        self, request: stores_pb2.ListStoresRequest, /
    ) -> Answer[stores_pb2.ListStoresResponse]:
        """All stores, by name."""

    def search_stores(
        self, request: stores_pb2.SearchStoresRequest, /
    ) -> Answer[stores_pb2.SearchStoresResponse]:
        """Stores by text, by area, or along a route."""

    def find_nearest_stores(
        self, request: stores_pb2.FindNearestStoresRequest, /
    ) -> Answer[stores_pb2.FindNearestStoresResponse]:
        """The stores nearest to an origin, nearest first."""

    def batch_find_nearest_stores(
        self, request: stores_pb2.BatchFindNearestStoresRequest, /
    ) -> Answer[stores_pb2.BatchFindNearestStoresResponse]:
        """The stores nearest to each of many origins, in one call."""

    def compute_travel_times(
        self, request: stores_pb2.ComputeTravelTimesRequest, /
    ) -> Answer[stores_pb2.ComputeTravelTimesResponse]:
        """The travel times from each of some origins to each of some destinations."""

    def compute_isochrone(
        self, request: stores_pb2.ComputeIsochroneRequest, /
    ) -> Answer[stores_pb2.ComputeIsochroneResponse]:
        """The area from which a point can be reached, or which can be reached from it, within a
        time."""

    def count_stores(
        self, request: stores_pb2.CountStoresRequest, /
    ) -> Answer[stores_pb2.CountStoresResponse]:
        """The number of stores in each H3 cell of an area, for the clusters of a map."""

    def suggest_places(
        self, request: stores_pb2.SuggestPlacesRequest, /
    ) -> Answer[stores_pb2.SuggestPlacesResponse]:
        """Places with stores around them, kinds of stores, and stores, whose names begin with the
        typed text."""

    def parse_query(
        self, request: stores_pb2.ParseQueryRequest, /
    ) -> Answer[stores_pb2.ParseQueryResponse]:
        """What a text of one search field asks for, in any language: words of shops, kinds of
        shops, a place, "open now", "near me", and the rest. Search by the parts, and look for the
        rest among products."""

    def upsert_stores(
        self, request: AsyncIterator[stores_pb2.UpsertStoresRequest], /
    ) -> Answer[stores_pb2.UpsertStoresResponse]:
        """Creates and changes stores in bulk. Each message takes effect as a whole; rejected stores
        are reported and do not affect the others."""

    def update_store(self, request: stores_pb2.UpdateStoreRequest, /) -> Answer[stores_pb2.Store]:
        """Changes one store, or creates it with `allow_missing`."""

    def delete_store(self, request: stores_pb2.DeleteStoreRequest, /) -> Answer[empty_pb2.Empty]:
        """Deletes one store."""

    def watch_stores(
        self, request: stores_pb2.WatchStoresRequest, /
    ) -> Stream[stores_pb2.WatchStoresResponse]:
        """Streams every change from now on, or from a resume token on."""
