"""The acts on the resources of the aisle contract, a file for each resource."""
