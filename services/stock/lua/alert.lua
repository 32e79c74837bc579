-- Keeps an alert of an owner, unless it has too many; a retry changes nothing.
-- KEYS  alerts (of the owner)
-- ARGV  alert, the alert as JSON, the most alerts of an owner, or 0 for no limit
-- Returns 1, or 0 when the quota is full
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 1 end
local most = tonumber(ARGV[3])
if most > 0 and redis.call('HLEN', KEYS[1]) >= most then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
