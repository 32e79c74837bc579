"""Everything of the geofence service that touches Redis."""
