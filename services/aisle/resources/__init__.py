"""What one asks for inside a store: a file for each resource of the contract."""
