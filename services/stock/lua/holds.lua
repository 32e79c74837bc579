#!lua flags=no-writes
-- Reads holds of one store, with the database's time: the reader judges by it which have expired.
-- KEYS  holds
-- ARGV  now in ms or "" for the database's, then the holds; none means all
-- Returns now in ms, then each hold as JSON or false
local result = { now_ms(ARGV[1]) }
local found = #ARGV > 1 and redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
  or redis.call('HVALS', KEYS[1])
for i, raw in ipairs(found) do result[i + 1] = raw end
return result
