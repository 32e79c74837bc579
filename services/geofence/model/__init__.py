"""Records of devices and trips, and pure decisions on fixes, trips and filters."""
