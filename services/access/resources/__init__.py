"""The acts on the resources of the contract."""
