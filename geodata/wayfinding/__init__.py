"""Walking a store: shortest paths on a floor plan, the order of a list's stops, and the words."""
