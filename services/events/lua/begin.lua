-- Sets the cursor of a subscription to the end of the stream: it gets the events to come.
-- KEYS  cursors, used, events
-- ARGV  subscription, now in ms, "1" to give up the events that it has not finished with; otherwise
--       a cursor that exists stays as it is
-- Returns nothing
local cursors, used, events = KEYS[1], KEYS[2], KEYS[3]
local subscription, now_ms, from_now = ARGV[1], ARGV[2], ARGV[3]
if from_now == '1' or not redis.call('HGET', cursors, subscription) then
  local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
  redis.call('HSET', cursors, subscription, last[1] and last[1][1] or '0-0')
end
redis.call('HSET', used, subscription, now_ms)
