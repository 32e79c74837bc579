"""Pure decisions of the stores service."""
