"""Prompts for the usual stories, and a guide to the tools as a resource."""

from mcp.server import MCPServer

GUIDE = """\
# How to use these tools

- Name goods as people do. If words may mean several products, the tool asks; pass the question on.
- find_pickup_options is the shortest way to "where can I fetch all of it, and when".
- hold_items first offers. Hold only after the person agrees: confirm=true, with the `request_id`
  and the `shopper` of the offer. Keep the `shopper`: get_hold, list_holds, change_hold and
  cancel_hold need it.
- Times are on the clock of the store; its zone stands beside them.
- If something is missing, say which item and when it is expected, and offer create_alert.
"""


def add_guides(server: MCPServer[None]) -> None:
    """Add the prompts and the resource."""

    @server.resource("enrayon://guide", title="How to use these tools", mime_type="text/markdown")
    def guide() -> str:
        """What to keep, what to ask, and which tool goes first."""
        return GUIDE

    @server.prompt(title="Fetch things near by")
    def fetch_near_by(things: str, place: str) -> str:
        """Find a store that has some things, and hold them."""
        return (
            f"Find the nearest store to {place} where all of this can be fetched: {things}. Say "
            "until when it is open and what is missing. Offer to hold the goods; hold them only "
            "after I agree, then show me the pick-up code."
        )

    @server.prompt(title="Open now")
    def open_now(place: str) -> str:
        """Find the nearest open store."""
        return f"Which store near {place} is open now, until when, and how far is it?"

    @server.prompt(title="Tell me when it is back")
    def back_in_stock(thing: str, place: str) -> str:
        """Watch for a product that is missing."""
        return (
            f"See whether a store near {place} has {thing}. If none has, say when it is expected, "
            "and set an alert for me."
        )
