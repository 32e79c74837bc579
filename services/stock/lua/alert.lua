-- Keeps an alert of an owner, unless it has too many; a retry changes nothing.
-- KEYS  alerts (of the owner)
-- ARGV  alert, the alert as JSON, the most alerts of an owner, or 0 for no limit
-- Returns the alert that is kept as JSON, or false when the quota is full
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if kept then return kept end
local most = tonumber(ARGV[3])
if most > 0 and redis.call('HLEN', KEYS[1]) >= most then return false end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return ARGV[2]
