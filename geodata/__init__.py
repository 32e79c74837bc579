"""Pure geometry, time and store data: no gRPC, no database, no I/O except in the importers.

Latitude comes first everywhere; names carry their unit (`distance_m`, `radius_m`).
"""
