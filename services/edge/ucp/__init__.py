"""The Universal Commerce Protocol, version 2026-08-25.

`capability` answers the Location capability, search and lookup, over REST (`rest`) and MCP
(`services/edge/agents/ucp`). `platforms` refuses platforms that speak another version.
"""
