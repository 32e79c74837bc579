#!lua flags=no-writes
-- Lists stores of partitions that have holds to end or to delete.
-- KEYS  due of each partition
-- ARGV  now in ms or "" for the database's, how many of a partition at most
-- Returns the stores of each partition
local now, result = now_ms(ARGV[1]), {}
for i, due in ipairs(KEYS) do
  result[i] = redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[2])
end
return result
