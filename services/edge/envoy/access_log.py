"""Envoy's access log: one line of JSON per request, on standard output.

It has the route, not the path: a path may name a hold, and a query may have a position. It has no
response code details either, because they may quote a refused request.
"""

from typing import Any

FORMAT = {
    "timestamp": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
    "event": "request",
    "route": "%ROUTE_NAME%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS%",
    "flags": "%RESPONSE_FLAGS%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "duration_ms": "%DURATION%",
    "received_bytes": "%BYTES_RECEIVED%",
    "sent_bytes": "%BYTES_SENT%",
    "request_id": "%REQ(X-REQUEST-ID)%",
}


def access_log() -> list[dict[str, Any]]:
    """The `access_log` of the HTTP connection manager, without health checks."""
    kind = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    stdout = {"@type": kind, "log_format": {"json_format": FORMAT}}
    return [
        {
            "name": "envoy.access_loggers.stdout",
            "filter": {"not_health_check_filter": {}},
            "typed_config": stdout,
        }
    ]
