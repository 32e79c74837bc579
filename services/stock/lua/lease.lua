-- Takes a place in the quotas of a caller and of its shopper, for as long as a hold may live.
-- KEYS  leases of the caller, leases of the shopper (in one slot)
-- ARGV  now in ms or "" for the server's, hold, for how long in ms, how many holds a caller may
--       have, how many a shopper; 0 is without end
-- Returns 0, or which of the two is full
local now, hold = now_ms(ARGV[1]), ARGV[2]
local until_ms = now + tonumber(ARGV[3])
for i = 1, 2 do
  local most = tonumber(ARGV[3 + i])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  if most > 0 and redis.call('ZCARD', KEYS[i]) >= most and not redis.call('ZSCORE', KEYS[i], hold) then
    return i
  end
end
for i = 1, 2 do
  redis.call('ZADD', KEYS[i], 'GT', until_ms, hold)
  redis.call('PEXPIREAT', KEYS[i], until_ms, 'NX')
  redis.call('PEXPIREAT', KEYS[i], until_ms, 'GT')
end
return 0
