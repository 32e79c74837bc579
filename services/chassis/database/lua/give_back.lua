-- Gives back a taker's part of a lease; the lease ends when no other taker has a part.
-- KEYS  as of lease.lua
-- ARGV  what is leased
local TAKER = 1 / 4096
for _, key in ipairs(KEYS) do
  local score = tonumber(redis.call('ZSCORE', key, ARGV[1]) or 0)
  local takers = score - math.floor(score)
  if takers == TAKER then
    redis.call('ZREM', key, ARGV[1])
  elseif takers > TAKER and takers < 1 - TAKER then
    redis.call('ZADD', key, string.format('%.17g', score - TAKER), ARGV[1])
  end
end
