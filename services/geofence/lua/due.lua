#!lua flags=no-writes
-- Lists the devices of partitions whose timers are due.
-- KEYS  timers of each partition
-- ARGV  now in ms, how many of a partition at most
-- Returns for each partition the hashes that are due, and when its first timer is due in ms, or ""
local result = {}
for i, timers in ipairs(KEYS) do
  local first = redis.call('ZRANGE', timers, 0, 0, 'WITHSCORES')
  local due = first[2] and tonumber(first[2]) <= tonumber(ARGV[1])
  result[i] = {
    due and redis.call('ZRANGE', timers, '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2]) or {},
    first[2] or '',
  }
end
return result
