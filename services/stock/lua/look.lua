#!lua flags=no-writes
-- Reads holds of one store as they are by the server's clock.
-- KEYS  holds
-- ARGV  now in ms or "" for the server's, then the holds, all when there is none
-- Returns now in ms, then each hold as JSON or false
local result = { now_ms(ARGV[1]) }
local found = #ARGV > 1 and redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
  or redis.call('HVALS', KEYS[1])
for i, raw in ipairs(found) do result[i + 1] = raw end
return result
