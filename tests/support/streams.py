"""Behaviour of grpc's client that tests of streams must allow for."""

SENT_TOO_LATE = "Internal error from Core"
"""The message of grpc's asyncio client when it sends to a stream that the server has just ended.

It stands in place of the status with which the server ended the call.
"""
