"""One line of JSON for each request, on standard output.

It names the route and not the path: a path may hold the name of a hold, its query a position. The
details that Envoy gives of a refused request may quote it, so they are left out as well.
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
    """The `access_log` of the HTTP connection manager. Questions about health are no lines."""
    kind = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    stdout = {"@type": kind, "log_format": {"json_format": FORMAT}}
    return [
        {
            "name": "envoy.access_loggers.stdout",
            "filter": {"not_health_check_filter": {}},
            "typed_config": stdout,
        }
    ]
