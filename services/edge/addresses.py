"""Where the edge is reached from outside."""

from starlette.requests import Request

from services.edge.settings import EdgeSettings


def base_url(request: Request, edge: EdgeSettings) -> str:
    """Without a slash at its end: as the setting says, else as the request does."""
    return (edge.edge_public_url or str(request.base_url)).rstrip("/")
