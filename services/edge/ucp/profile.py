"""The UCP profile at `/.well-known/ucp`: the capabilities that platforms discover."""

from typing import Any

VERSION = "2026-08-21"
SERVICE = "dev.ucp.common"
CAPABILITIES = {
    operation: f"dev.ucp.common.location.{operation}" for operation in ("search", "lookup")
}
_SCHEMAS = "https://ucp.dev/schemas/common"
_SPECIFICATION = "https://ucp.dev/specification/location"


def metadata(operation: str, *, status: str = "success") -> dict[str, Any]:
    """The `ucp` member of an answer."""
    capabilities = {CAPABILITIES[operation]: [{"version": VERSION}]}
    return {"version": VERSION, "status": status, "capabilities": capabilities}


def profile(base: str) -> dict[str, Any]:
    """The business profile.

    Args:
        base: The public URL of the edge without a slash at its end; empty for relative links.
    """
    return {
        "ucp": {
            "version": VERSION,
            "services": {
                SERVICE: [
                    {"version": VERSION, "transport": "rest", "endpoint": f"{base}/ucp"},
                    {"version": VERSION, "transport": "mcp", "endpoint": f"{base}/mcp"},
                ]
            },
            "capabilities": {
                name: [
                    {
                        "version": VERSION,
                        "spec": f"{_SPECIFICATION}#{operation}",
                        "schema": f"{_SCHEMAS}/location_{operation}.json",
                    }
                ]
                for operation, name in CAPABILITIES.items()
            },
            "payment_handlers": {},
        }
    }
