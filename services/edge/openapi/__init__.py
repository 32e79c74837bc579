"""The OpenAPI 3.1 document of the JSON API, made from the same descriptors as Envoy's routes."""

from services.edge.openapi.document import document

__all__ = ["document"]
