"""Background loops: deliveries to webhooks, trims and metrics."""
