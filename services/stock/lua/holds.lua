#!lua flags=no-writes
-- Reads holds of one store, with the database's time: the reader judges by it which have expired.
-- KEYS  holds
-- ARGV  now in ms or "" for the database's, mode, then the holds of mode "ids"; "all" reads the whole
--       hash, "live" its holds whose state is a live one
-- Returns now in ms, then each hold as JSON; false for an id without one
local STATE = '"st":"' -- as cjson writes it; a quote within a text has a backslash
local result = { now_ms(ARGV[1]) }
local mode = ARGV[2]
local found = mode == 'ids' and redis.call('HMGET', KEYS[1], unpack(ARGV, 3))
  or redis.call('HVALS', KEYS[1])
if mode ~= 'live' then
  for i, raw in ipairs(found) do result[i + 1] = raw end
  return result
end
-- Most of them have ended: to decode or to send them would cost more than all else.
for _, raw in ipairs(found) do
  local _, before = string.find(raw, STATE, 1, true)
  if LIVE[string.match(raw, '^%u+', before + 1)] then result[#result + 1] = raw end
end
return result
