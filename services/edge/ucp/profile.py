"""The UCP profile at `/.well-known/ucp`: the capabilities that platforms discover."""

from typing import Any

VERSION = "2026-08-25"
SERVICE = "dev.ucp.common"
SEARCH, LOOKUP = "dev.ucp.common.location.search", "dev.ucp.common.location.lookup"
_SITE = f"https://ucp.dev/{VERSION}"
_SERVICE_SCHEMAS = {"rest": "rest.openapi.json", "mcp": "mcp.openrpc.json"}


def metadata(*capabilities: str, status: str = "success") -> dict[str, Any]:
    """The `ucp` member of an answer, with the capabilities of our profile that it is of."""
    active = {capability: [{"version": VERSION}] for capability in capabilities}
    return {"version": VERSION, "status": status, "capabilities": active}


def profile(base: str) -> dict[str, Any]:
    """The business profile.

    Args:
        base: The public URL of the edge without a slash at its end.
    """
    endpoints = {"rest": f"{base}/ucp", "mcp": f"{base}/mcp"}
    return {
        "ucp": {
            "version": VERSION,
            "services": {
                SERVICE: [
                    {
                        "version": VERSION,
                        "spec": f"{_SITE}/specification/overview",
                        "transport": transport,
                        "endpoint": endpoint,
                        "schema": f"{_SITE}/services/common/{_SERVICE_SCHEMAS[transport]}",
                    }
                    for transport, endpoint in endpoints.items()
                ]
            },
            "capabilities": {
                capability: [
                    {
                        "version": VERSION,
                        "spec": f"{_SITE}/specification/common/location/{operation}",
                        "schema": f"{_SITE}/schemas/common/location_{operation}.json",
                    }
                ]
                for capability, operation in ((SEARCH, "search"), (LOOKUP, "lookup"))
            },
            "payment_handlers": {},
        }
    }
