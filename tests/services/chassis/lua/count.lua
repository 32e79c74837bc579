-- Counts how often it ran. KEYS[1]: the counter. ARGV[1]: by how much. Returns the new count.
return redis.call('INCRBY', KEYS[1], ARGV[1])
