"""Traces of the edge without personal data: no path with its query, no address of the client.

Envoy always adds the text of a gRPC error. The services' texts quote no coordinates and no device
ids; the collector in deploy/observability drops them too, because they may quote names.
"""

from typing import Any

HIDDEN = ("peer.address", "user_agent")
"""Envoy's own tags that a custom tag of the same name replaces."""


def tracing(collector: str, ratio: float) -> dict[str, Any]:
    """The `tracing` of the HTTP connection manager: a share of the requests, to a cluster."""
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
            "client_sampling": {"value": 0},  # clients cannot ask to be traced
            "max_path_tag_length": 0,
            "custom_tags": [{"tag": tag, "literal": {"value": "-"}} for tag in HIDDEN],
        }
    }
