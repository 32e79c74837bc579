"""Opening hours in the formats that others write, read and written with what was lost listed.

Every `read` gives a `Reading`; every `write` a `Written`. Neither raises on bad content: what
cannot be read is a fault of the reading, and its schedule is UNKNOWN with the reason.
"""
