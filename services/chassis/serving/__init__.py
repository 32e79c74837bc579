"""Serves methods over gRPC: requests, admission, health, metrics, a stop that drains.

server      hosts services on a port; handlers: the gRPC side of each method
methods     the methods of a servicer, by its contract
requests    from bytes to a request that keeps its contract
calls       from bytes to bytes: guards, counts, errors
commits     changes that run to their end
admission   refuses calls when too many wait
health      the parts of a process, and how they are; monitoring: the same over HTTP, and metrics
"""
