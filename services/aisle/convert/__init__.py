"""Between the contract and what the service works with. Total: what is checked needs no check."""
