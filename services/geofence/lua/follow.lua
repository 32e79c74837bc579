-- Takes or renews the lease of a subscription on a partition, and reads what comes next for it.
-- KEYS  lease, cursors, used, events, retry
-- ARGV  subscription, who takes it, for how long in ms, now in ms, the entry to read after ("" what
--       the cursor says), how many entries
-- Returns {0} when another has the lease; {2} when the cursor has expired; else 1, the cursor, the
--       entries, and the subjects whose events wait for another attempt
local sub, holder = ARGV[1], ARGV[2]
local other = redis.call('GET', KEYS[1])
if other and other ~= holder then return {0} end
redis.call('SET', KEYS[1], holder, 'PX', ARGV[3])
redis.call('HSET', KEYS[3], sub, ARGV[4])
local cursor = redis.call('HGET', KEYS[2], sub)
if cursor == '-' then return {2} end
if not cursor then
  local last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)
  cursor = last[1] and last[1][1] or '0-0'
  redis.call('HSET', KEYS[2], sub, cursor)
end
local entries = {}
if tonumber(ARGV[6]) > 0 then
  local after = ARGV[5] == '' and cursor or ARGV[5]
  entries = redis.call('XRANGE', KEYS[4], '(' .. after, '+', 'COUNT', ARGV[6])
end
return {1, cursor, entries, redis.call('ZRANGE', KEYS[5], 0, -1)}
