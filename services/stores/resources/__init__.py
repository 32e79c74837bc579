"""The acts on stores: changes, searches, and the stream of changes."""
