"""Addresses of the edge: the paths of the application, and the base URL of links in answers."""

from services.edge.settings import EdgeSettings

APP_PREFIXES = ("/v1/pickupOptions", "/v1/pickupLists", "/")
"""Path prefixes that Envoy routes to the application; the first match is taken."""


def base_url(edge: EdgeSettings) -> str:
    """The public base URL without a slash at its end; without the setting, empty: relative links.

    It is never made of the request's Host, which a stranger may choose for an answer in a cache.
    """
    return edge.edge_public_url.rstrip("/")
