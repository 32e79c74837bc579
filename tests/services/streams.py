"""What is special to streams of requests."""

SENT_TOO_LATE = "Internal error from Core"
"""Said by grpc's own asyncio client, in place of how the call ended, when it sends to a stream of
answers that the server ended a moment before."""
