"""Routes inside a store: shortest walks on a floor plan, the order of stops, and directions."""
