-- Takes a lease in several quotas of one slot, or in none of them.
-- KEYS  leases of each quota (sorted set: what is leased by when its lease ends, in ms; the fraction
--       of that score counts the takers, in 4096ths, so that all of it is exact in a double)
-- ARGV  now in ms or "" for the database's, what is leased, life of the lease in ms, then the most
--       leases of each quota; 0 is no limit
-- Returns 0, or the number of the first quota that is full
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local leased, until_ms = ARGV[2], now + tonumber(ARGV[3])
local TAKER = 1 / 4096
local before = {}
for i, key in ipairs(KEYS) do
  local most = tonumber(ARGV[3 + i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  before[i] = tonumber(redis.call('ZSCORE', key, leased) or 0)
  -- A retry leases the same, so the lease that it has already does not count against it.
  if most > 0 and before[i] == 0 and redis.call('ZCARD', key) >= most then
    return i
  end
end
for i, key in ipairs(KEYS) do
  local ends_ms = math.floor(before[i])
  local takers = before[i] - ends_ms
  if before[i] > 0 and takers == 0 then takers = TAKER end -- of a version that counted none
  -- The count stops at its most: such a lease is given back by nobody, and expires.
  local score = math.max(ends_ms, until_ms) + math.min(takers + TAKER, 1 - TAKER)
  redis.call('ZADD', key, string.format('%.17g', score), leased)
  redis.call('PEXPIREAT', key, until_ms, 'NX') -- GT alone does nothing where there is no expiry
  redis.call('PEXPIREAT', key, until_ms, 'GT')
end
return 0
