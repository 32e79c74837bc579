-- Takes a lease in several quotas of one slot, or in none of them; with it, lists what is leased.
-- KEYS  leases of each quota (sorted set: what is leased by when its lease ends, in ms; the fraction
--       of that score counts the takers, in 4096ths, so that all of it is exact in a double), then
--       a list if it is to be listed (sorted set: entry by when it is dropped, in ms)
-- ARGV  now in ms or "" for the database's, what is leased, life of the lease in ms, entry of the
--       list or "", how long in ms it stays past the lease, most entries, then the most leases of
--       each quota; 0 is no limit
-- Returns 0, or the number of the first quota that is full
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local leased, until_ms, entry = ARGV[2], now + tonumber(ARGV[3]), ARGV[4]
local quotas = #ARGV - 6
local TAKER = 1 / 4096

local function expire_after(key, time_ms)
  redis.call('PEXPIREAT', key, time_ms, 'NX') -- GT alone does nothing where there is no expiry
  redis.call('PEXPIREAT', key, time_ms, 'GT')
end

local before = {}
for i = 1, quotas do
  local key, most = KEYS[i], tonumber(ARGV[6 + i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  before[i] = tonumber(redis.call('ZSCORE', key, leased) or 0)
  -- A retry leases the same, so the lease that it has already does not count against it.
  if most > 0 and before[i] == 0 and redis.call('ZCARD', key) >= most then
    return i
  end
end
for i = 1, quotas do
  local key = KEYS[i]
  local ends_ms = math.floor(before[i])
  local takers = before[i] - ends_ms
  if before[i] > 0 and takers == 0 then takers = TAKER end -- of a version that counted none
  -- The count stops at its most: such a lease is given back by nobody, and expires.
  local score = math.max(ends_ms, until_ms) + math.min(takers + TAKER, 1 - TAKER)
  redis.call('ZADD', key, string.format('%.17g', score), leased)
  expire_after(key, until_ms)
end
if entry ~= '' then
  local list, dropped_ms = KEYS[quotas + 1], until_ms + tonumber(ARGV[5])
  redis.call('ZREMRANGEBYSCORE', list, '-inf', now)
  redis.call('ZADD', list, 'GT', dropped_ms, entry)
  redis.call('ZREMRANGEBYRANK', list, 0, -1 - tonumber(ARGV[6]))
  expire_after(list, dropped_ms)
end
return 0
