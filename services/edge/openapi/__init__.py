"""An OpenAPI 3.1 document of the JSON door, made from the descriptors that Envoy works by."""

from services.edge.openapi.document import document

__all__ = ["document"]
