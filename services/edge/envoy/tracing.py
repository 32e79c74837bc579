"""Traces of the edge, without what Envoy would write into them by itself: the path with its query,
where coordinates may stand, and the address of whoever asks.

The text of a gRPC error cannot be left out. The services' texts quote no coordinate and no device;
the collector of deploy/observability drops them all the same, for the names that they quote.
"""

from typing import Any

HIDDEN = ("peer.address", "user_agent")
"""Tags of Envoy's own; a custom tag of the same name takes their place."""


def tracing(collector: str, ratio: float) -> dict[str, Any]:
    """The `tracing` of the HTTP connection manager: a part of the requests, to a cluster."""
    return {
        "tracing": {
            "provider": {
                "name": "envoy.tracers.opentelemetry",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                    "grpc_service": {
                        "envoy_grpc": {"cluster_name": collector},
                        "timeout": "1s",
                    },
                    "service_name": "enrayon-edge",
                },
            },
            "operation": "%ROUTE_NAME%",
            "random_sampling": {"value": ratio * 100},
            "client_sampling": {"value": 0},  # whoever asks to be traced is not heard
            "max_path_tag_length": 0,
            "custom_tags": [{"tag": tag, "literal": {"value": "-"}} for tag in HIDDEN],
        }
    }
