"""Which servers gRPC calls, which calls it makes again, and when.

See gRPC's `service_config.proto`. Only calls that may be made twice by their contract are tried
again, and only when the service cannot be reached.
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
    "retryableStatusCodes": ["UNAVAILABLE"],
}
THROTTLING = {"maxTokens": 10, "tokenRatio": 0.1}
"""Stops retries while more than about a tenth of all calls fail."""


def service_config(contracts: Sequence[ServiceDescriptor]) -> str:
    """The service configuration of a channel, as the JSON that gRPC takes."""
    names = [
        {"service": service.full_name, "method": method.name}
        for service in contracts
        for method in service.methods
        if may_be_made_twice(method)
    ]
    retried = {"name": names, "retryPolicy": RETRIES}
    return json.dumps(
        {
            "methodConfig": [retried],
            "retryThrottling": THROTTLING,
            # To each server that says it is well; one that is about to stop says that it is not.
            "loadBalancingConfig": [{"round_robin": {}}],
            "healthCheckConfig": {"serviceName": ""},
        }
    )


def may_be_made_twice(method: MethodDescriptor) -> bool:
    """Whether the contract allows it, and the request can be sent again."""
    level = method.GetOptions().idempotency_level
    return level != MethodOptions.IDEMPOTENCY_UNKNOWN and not method.client_streaming
