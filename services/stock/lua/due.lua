#!lua flags=no-writes
-- Lists stores of partitions that have holds to end or to delete.
-- KEYS  due of each partition
-- ARGV  now in ms or "" for the database's, how many of a partition at most
-- Returns for each partition its stores, and the ms until the first is due; -1 where there is none
local now, result = now_ms(ARGV[1]), {}
for i, due in ipairs(KEYS) do
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
  result[i] = { redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[2]),
    first and math.max(0, math.ceil(first - now)) or -1 }
end
return result
