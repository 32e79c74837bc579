"""What is kept of devices and trips, and pure decisions on them."""
