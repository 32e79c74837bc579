"""The channel of HTTP: Envoy in front of the gRPC services. No rule of the domain lives here."""
