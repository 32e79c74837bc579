"""Draws a floor plan as SVG or PNG, in a light or a dark theme."""
