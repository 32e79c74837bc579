"""Geometry, time and store data, pure: no gRPC, no Redis, no I/O outside the importers.

Latitude comes first everywhere; names carry their unit (`distance_m`, `radius_m`).
"""
