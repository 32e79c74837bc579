"""The inside of a store: its floor plan, where each product stands, and the drawing of both.

Coordinates are metres in the plan's own frame, x to the right and y up; `frame.LocalFrame` carries
them to WGS84. A plan without a map (aisles in walking order only) is a plan too.
"""
