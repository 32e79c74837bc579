"""The public base URL of the edge, for links in its answers."""

from services.edge.settings import EdgeSettings


def base_url(edge: EdgeSettings) -> str:
    """The public base URL without a slash at its end; without the setting, empty: relative links.

    It is never made of the request's Host, which a stranger may choose for an answer in a cache.
    """
    return edge.edge_public_url.rstrip("/")
