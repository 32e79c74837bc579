-- Takes from a limit by the generic cell rate algorithm: what is kept is when the limit would be
-- whole again. Times in microseconds by the server's clock.
-- KEYS: the limit of one caller
-- ARGV: time that the call costs, time that may be taken at once
-- Answers 0, or how long until there is room.
local now = redis.call('TIME')
local now_us = now[1] * 1000000 + now[2]
local whole_us = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now_us) + ARGV[1]
local wait_us = whole_us - now_us - ARGV[2]
if wait_us > 0 then
  return math.ceil(wait_us)
end
redis.call('SET', KEYS[1], string.format('%.0f', whole_us),
           'PX', math.ceil((whole_us - now_us) / 1000) + 1)
return 0
