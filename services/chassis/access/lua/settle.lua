-- Takes from a limit what was spent already, whether there is room or not. See gcra.lua.
-- KEYS: the limit of one caller
-- ARGV: time that was spent
-- Answers how long until the limit is whole again.
local now = redis.call('TIME')
local now_us = now[1] * 1000000 + now[2]
local whole_us = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now_us) + ARGV[1]
redis.call('SET', KEYS[1], string.format('%.0f', whole_us),
           'PX', math.ceil((whole_us - now_us) / 1000) + 1)
return math.ceil(whole_us - now_us)
