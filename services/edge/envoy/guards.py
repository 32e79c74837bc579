"""Envoy's filters that refuse requests: the rate limit per address, and invalid tokens."""

from pathlib import Path
from typing import Any, NamedTuple

EXTENSIONS = "type.googleapis.com/envoy.extensions"
MAX_ADDRESSES = 10_000
"""Addresses counted at the same time; the least recently seen is dropped first."""

_ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}


class Tokens(NamedTuple):
    """The issuer, audience and keys of accepted JSON Web Tokens."""

    issuer: str
    audience: str
    jwks: Path
    """JSON file of the issuer's public keys (RFC 7517)."""


def rate_limit(requests_per_s: int) -> dict[str, Any]:
    """The filter that limits requests per client address; bursts of two seconds' worth pass."""
    bucket = {
        "max_tokens": 2 * requests_per_s,
        "tokens_per_fill": requests_per_s,
        "fill_interval": "1s",
    }
    endless = {"max_tokens": 2**32 - 1, "tokens_per_fill": 2**32 - 1, "fill_interval": "1s"}
    return {
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": f"{EXTENSIONS}.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "edge",
            "token_bucket": endless,
            "filter_enabled": _ALWAYS,
            "filter_enforced": _ALWAYS,
            "rate_limits": [{"actions": [{"remote_address": {}}]}],
            # An entry without a value means every address, each with its own bucket.
            "descriptors": [{"entries": [{"key": "remote_address"}], "token_bucket": bucket}],
            "max_dynamic_descriptors": MAX_ADDRESSES,
            "rate_limited_as_resource_exhausted": True,
        },
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
