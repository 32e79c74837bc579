-- Takes or renews the lease of a subscription on a partition, and reads its next entries.
-- KEYS  lease, cursors, used, events, retry
-- ARGV  subscription, holder, duration of the lease in ms, now in ms, the entry to read after (""
--       for the cursor), number of entries
-- Returns {0} when another holds the lease; {2} when the cursor has expired; else 1, the cursor,
--       the entries, and the subjects that have events in the retry queue
local lease, cursors, used, events, retry = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local subscription, holder, lease_ms, now_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local after, count = ARGV[5], tonumber(ARGV[6])

local other = redis.call('GET', lease)
if other and other ~= holder then return {0} end
redis.call('SET', lease, holder, 'PX', lease_ms)
redis.call('HSET', used, subscription, now_ms)
local cursor = redis.call('HGET', cursors, subscription)
if cursor == '-' then return {2} end
if not cursor then -- lost with the partition's data: go on with the events to come
  local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
  cursor = last[1] and last[1][1] or '0-0'
  redis.call('HSET', cursors, subscription, cursor)
end
local entries = {}
if count > 0 then
  local from = after == '' and cursor or after
  entries = redis.call('XRANGE', events, '(' .. from, '+', 'COUNT', count)
end
return {1, cursor, entries, redis.call('ZRANGE', retry, 0, -1)}
