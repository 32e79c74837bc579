-- Drops what a worker has done, and tells the event of it, in one act.
-- KEYS  fires or claims (hash), ending, events, cursors, dropped (all of one partition)
-- ARGV  field of the hash or "", its value, member of ending or "", the event as JSON or "" for none,
--       most events
-- Returns 1, or 0 when another worker was faster: nothing is told then
local field, value, member, event = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if field ~= '' then
  if redis.call('HGET', KEYS[1], field) ~= value then return 0 end
  redis.call('HDEL', KEYS[1], field)
elseif redis.call('ZREM', KEYS[2], member) == 0 then
  return 0
end
if event ~= '' then
  append_event({ events = KEYS[3], cursors = KEYS[4], dropped = KEYS[5],
    most_events = tonumber(ARGV[5]) }, event)
end
return 1
