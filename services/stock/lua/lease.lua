-- Takes a lease in the quotas of a caller and of its shopper or address, for as long as a hold may live.
-- KEYS  leases of the caller, leases of the shopper or address (in one slot)
-- ARGV  now in ms or "" for the database's, hold, life of the lease in ms, most leases of a caller,
--       most of the other; 0 is no limit
-- Returns 0, or 1 when the caller's quota is full, 2 when the other's is
local now, hold = now_ms(ARGV[1]), ARGV[2]
local until_ms = now + tonumber(ARGV[3])
for i = 1, 2 do
  local most = tonumber(ARGV[3 + i])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  -- A retry has the same hold, so the lease that it has already does not count against it.
  if most > 0 and redis.call('ZCARD', KEYS[i]) >= most and not redis.call('ZSCORE', KEYS[i], hold) then
    return i
  end
end
for i = 1, 2 do
  redis.call('ZADD', KEYS[i], 'GT', until_ms, hold)
  redis.call('PEXPIREAT', KEYS[i], until_ms, 'NX') -- GT alone does nothing where there is no expiry
  redis.call('PEXPIREAT', KEYS[i], until_ms, 'GT')
end
return 0
