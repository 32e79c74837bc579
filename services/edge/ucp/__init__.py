"""The Location capability of the Universal Commerce Protocol: search and lookup, REST and MCP.

It keeps the schemas of 2026-08-21, before amenities became a map. The filter of items is accepted
by its earlier name, `inventory`, and by its later one, `items`.
"""
