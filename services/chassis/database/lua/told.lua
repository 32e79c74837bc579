-- Drops a fact that was told, unless a later one has replaced it.
-- KEYS  facts
-- ARGV  whom it is about, its text
-- Returns 1 when it was dropped
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
