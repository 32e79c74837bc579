-- Functions of leases, for lease.lua and for scripts that make what is leased in the same act, which
-- only a server without slots can.
--
-- Quota: a sorted set, what is leased by when its lease ends, in ms; the fraction of that score counts
-- the takers, in 4096ths, so that all of it is exact in a double.
-- List: a sorted set, entry by when it is dropped, in ms.
local TAKER = 1 / 4096

local function expire_after(key, time_ms)
  redis.call('PEXPIREAT', key, time_ms, 'NX') -- GT alone does nothing where there is no expiry
  redis.call('PEXPIREAT', key, time_ms, 'GT')
end

-- The number of the first quota that has no room; nil if all have. A retry leases the same, so the
-- lease that it has already does not count against it. `most` has the most leases of each; 0: no limit.
local function full_quota(quotas, most, leased, now)
  for i, key in ipairs(quotas) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    local limit = tonumber(most[i])
    if limit > 0 and not redis.call('ZSCORE', key, leased) and redis.call('ZCARD', key) >= limit then
      return i
    end
  end
end

local function take_lease(quotas, leased, until_ms)
  for _, key in ipairs(quotas) do
    local before = tonumber(redis.call('ZSCORE', key, leased) or 0)
    local ends_ms = math.floor(before)
    local takers = before - ends_ms
    if before > 0 and takers == 0 then takers = TAKER end -- of a version that counted none
    -- The count stops at its most: such a lease is given back by nobody, and expires.
    local score = math.max(ends_ms, until_ms) + math.min(takers + TAKER, 1 - TAKER)
    redis.call('ZADD', key, string.format('%.17g', score), leased)
    expire_after(key, until_ms)
  end
end

-- Lists an entry until a time; the `most` entries that stay longest are kept.
local function list_leased(list, entry, dropped_ms, most, now)
  redis.call('ZREMRANGEBYSCORE', list, '-inf', now)
  redis.call('ZADD', list, 'GT', dropped_ms, entry)
  redis.call('ZREMRANGEBYRANK', list, 0, -1 - most)
  expire_after(list, dropped_ms)
end
