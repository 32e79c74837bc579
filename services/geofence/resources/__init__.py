"""The resources of the contract, a file for each, and the detection that they share."""
