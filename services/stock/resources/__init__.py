"""The resources of the contract, a file for each: their acts, and searches over them."""
