"""What is raised when Redis cannot be reached, or refuses."""

import redis.exceptions

UNREACHABLE = (redis.exceptions.RedisError, OSError)
