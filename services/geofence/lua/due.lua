#!lua flags=no-writes
-- Lists the devices of partitions whose timers are due.
-- KEYS  timers of each partition
-- ARGV  now in ms, how many of a partition at most
-- Returns the hashes of each partition
local result = {}
for i, timers in ipairs(KEYS) do
  result[i] = redis.call('ZRANGE', timers, '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
end
return result
