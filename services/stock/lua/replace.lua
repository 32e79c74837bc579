-- Replaces the policy of a store, unless another has changed it.
-- KEYS  policies
-- ARGV  store, the policy as it was read or "", the new one
-- Returns 1 when it was replaced
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
