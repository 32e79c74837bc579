"""Background loops: deliveries to webhooks, timers, trims and metrics."""
