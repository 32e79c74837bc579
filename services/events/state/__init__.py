"""Everything of the events service that touches the database."""
