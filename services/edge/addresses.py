"""The public address of the edge."""

from starlette.requests import Request

from services.edge.settings import EdgeSettings


def base_url(request: Request, edge: EdgeSettings) -> str:
    """The public base URL, without a trailing slash: the setting, else the request's own."""
    return (edge.edge_public_url or str(request.base_url)).rstrip("/")
