-- Bars a claim: `reserve` makes no hold of it from now on, even if it was sent before.
-- KEYS  fires (hash)
-- ARGV  field of the hash, its value, the value when barred
-- Returns 1, also for one that is barred; 0 when another worker has dropped it
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if kept ~= ARGV[2] and kept ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
