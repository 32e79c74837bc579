"""Between messages of the contract and the model. Total functions: requests are checked before."""
