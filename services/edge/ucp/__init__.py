"""The Location capability of the Universal Commerce Protocol: search and lookup, REST and MCP.

The schemas are those of 2026-08-21, before amenities became a map; the filter of items is taken by
its earlier name, `inventory`, and by its later one.
"""
