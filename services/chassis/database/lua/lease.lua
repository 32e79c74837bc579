-- Takes a lease in several quotas of one slot, or in none of them.
-- KEYS  leases of each quota (sorted set: what is leased by when its lease ends, in ms)
-- ARGV  now in ms or "" for the database's, what is leased, life of the lease in ms, then the most
--       leases of each quota; 0 is no limit
-- Returns 0, or the number of the first quota that is full
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local leased, until_ms = ARGV[2], now + tonumber(ARGV[3])
for i, key in ipairs(KEYS) do
  local most = tonumber(ARGV[3 + i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  -- A retry leases the same, so the lease that it has already does not count against it.
  if most > 0 and redis.call('ZCARD', key) >= most and not redis.call('ZSCORE', key, leased) then
    return i
  end
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'GT', until_ms, leased)
  redis.call('PEXPIREAT', key, until_ms, 'NX') -- GT alone does nothing where there is no expiry
  redis.call('PEXPIREAT', key, until_ms, 'GT')
end
return 0
