"""Everything of the geofence service that touches the database."""
