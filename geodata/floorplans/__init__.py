"""Floor plans of stores, placements of products on shelves, and drawings of both.

Coordinates are metres in the plan's own frame, x to the right and y up; `frame.LocalFrame`
converts them to WGS84. A plan may have no map, only aisles in walking order.
"""
