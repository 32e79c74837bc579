"""Envoy's limits of each client address, and the filter that refuses invalid tokens."""

import ipaddress
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from services.edge.envoy.counter import EXTENSIONS, Network

MAX_ADDRESSES = 10_000
"""Addresses counted at the same time; the least recently seen is dropped first."""

NO_CLIENT = ipaddress.ip_network("0.0.0.0/32")
_TIMES, _MASKED = "times", "masked_remote_address"
_CLIENT = {_MASKED: {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
_ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}


class Tokens(NamedTuple):
    """The issuer, audience and keys of accepted JSON Web Tokens."""

    issuer: str
    audience: str
    jwks: Path
    """JSON file of the issuer's public keys (RFC 7517)."""


class Limits(NamedTuple):
    """The limits of one client: an IPv4 address, or an IPv6 network of 64 bits."""

    requests_per_s: int = 0
    """Requests a second; twice as many may come at once. 0: no limit."""
    requests: int = 0
    """Requests in progress, streams included, in each worker thread. 0: no limit."""
    connections: int = 0
    """Connections, in each worker thread. 0: no limit."""
    times: Mapping[Network, int] = MappingProxyType({})
    """Networks whose clients may take so many times as much. They do not overlap."""


UNLIMITED = Limits()


def rate_limit(limits: Limits) -> dict[str, Any]:
    """The filter that limits the requests of a client; bursts of two seconds' worth pass."""
    networks = defaultdict(list)
    for network, times in limits.times.items():
        networks[times].append(network)
    endless = {"max_tokens": 2**32 - 1, "tokens_per_fill": 2**32 - 1, "fill_interval": "1s"}
    return {
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": f"{EXTENSIONS}.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "edge",
            "token_bucket": endless,
            "filter_enabled": _ALWAYS,
            "filter_enforced": _ALWAYS,
            "rate_limits": [
                {"actions": [_is_in([*limits.times], "1", invert=True), _CLIENT]},
                *(
                    {"actions": [_is_in(found, str(times)), _CLIENT]}
                    for times, found in networks.items()
                ),
            ],
            # An entry without a value means every client, each with its own bucket.
            "descriptors": [
                {
                    "entries": [{"key": _TIMES, "value": str(times)}, {"key": _MASKED}],
                    "token_bucket": _bucket(times * limits.requests_per_s),
                }
                for times in {1, *networks}
            ],
            "max_dynamic_descriptors": MAX_ADDRESSES,
            "rate_limited_as_resource_exhausted": True,
        },
    }


def _bucket(per_s: int) -> dict[str, Any]:
    return {"max_tokens": 2 * per_s, "tokens_per_fill": per_s, "fill_interval": "1s"}


def _is_in(networks: Sequence[Network], times: str, *, invert: bool = False) -> dict[str, Any]:
    # Without networks, the address that no client has.
    ranges = [
        {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}
        for network in networks or [NO_CLIENT]
    ]
    return {
        "remote_address_match": {
            "descriptor_key": _TIMES,
            "descriptor_value": times,
            "address_matcher": {"ranges": ranges, "invert_match": invert},
        }
    }


def token_check(tokens: Tokens) -> dict[str, Any]:
    """The filter that refuses tokens that are forged, expired or for another audience.

    Requests without a token pass: API keys are not tokens, and the services decide about access.
    """
    provider = {
        "issuer": tokens.issuer,
        "audiences": [tokens.audience],
        "local_jwks": {"filename": str(tokens.jwks)},
        "forward": True,
        "require_expiration": True,
    }
    is_token = {"name": "authorization", "string_match": {"prefix": "Bearer ey"}}
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": f"{EXTENSIONS}.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"issuer": provider},
            "rules": [
                {
                    "match": {"prefix": "/", "headers": [is_token]},
                    "requires": {"provider_name": "issuer"},
                }
            ],
        },
    }
