"""The gRPC service configuration of the client: load balancing, health checks and retries.

See gRPC's `service_config.proto`. A call is retried only if its contract says that it is
idempotent, and only when the service cannot be reached, or stops before it takes the call up:
gRPC servers tell that as CANCELLED (https://github.com/grpc/grpc/issues/41785). A call that the
caller has cancelled is over, and so not tried again.
"""

import json
from collections.abc import Sequence

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

RETRIES = {
    "maxAttempts": 4,
    "initialBackoff": "0.05s",
    "maxBackoff": "1s",
    "backoffMultiplier": 3,
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
THROTTLING = {"maxTokens": 10, "tokenRatio": 0.1}
"""Retries stop while more than about a tenth of all calls fail."""


def service_config(contracts: Sequence[ServiceDescriptor]) -> str:
    """The service configuration of a channel, as JSON."""
    names = [
        {"service": service.full_name, "method": method.name}
        for service in contracts
        for method in service.methods
        if is_retriable(method)
    ]
    retried = {"name": names, "retryPolicy": RETRIES}
    return json.dumps(
        {
            "methodConfig": [retried],
            "retryThrottling": THROTTLING,
            # A server that is about to stop reports NOT_SERVING, and gets no more calls.
            "loadBalancingConfig": [{"round_robin": {}}],
            "healthCheckConfig": {"serviceName": ""},
        }
    )


def is_retriable(method: MethodDescriptor) -> bool:
    """True if a call may be made twice: its contract says so, and its request is one message."""
    level = method.GetOptions().idempotency_level
    return level != MethodOptions.IDEMPOTENCY_UNKNOWN and not method.client_streaming
