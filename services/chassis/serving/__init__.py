"""A gRPC server: calls, admission, health, monitoring."""
