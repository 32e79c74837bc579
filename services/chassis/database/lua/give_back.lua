-- Gives back a taker's part of a lease; the lease ends when no other taker has a part, and what was
-- leased is no longer listed then.
-- KEYS  as of lease.lua
-- ARGV  what is leased, entry of the list or ""
local TAKER = 1 / 4096
local quotas = ARGV[2] == '' and #KEYS or #KEYS - 1
local has_ended = false
for i = 1, quotas do
  local key = KEYS[i]
  local score = tonumber(redis.call('ZSCORE', key, ARGV[1]) or 0)
  local takers = score - math.floor(score)
  if takers == TAKER then
    redis.call('ZREM', key, ARGV[1])
    has_ended = true
  elseif takers > TAKER and takers < 1 - TAKER then
    redis.call('ZADD', key, string.format('%.17g', score - TAKER), ARGV[1])
  end
end
if has_ended and quotas < #KEYS then redis.call('ZREM', KEYS[#KEYS], ARGV[2]) end
