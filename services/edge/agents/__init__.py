"""Tools for chat agents, by the Model Context Protocol.

Each tool calls the services and returns structured content with a sentence for the person.
"""
