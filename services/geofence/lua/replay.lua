-- Puts dead letters back into the queues of their subjects.
-- KEYS  retry, tries, queued, dead, then queues
-- ARGV  when to try in ms, then for each letter: its id, its queue as a place in KEYS, its subject,
--       the event
-- Returns how many were still there
local done = 0
for i = 2, #ARGV, 4 do
  if redis.call('XDEL', KEYS[4], ARGV[i]) == 1 then
    redis.call('RPUSH', KEYS[tonumber(ARGV[i + 1])], ARGV[i + 3])
    redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[i + 2])
    redis.call('HSETNX', KEYS[2], ARGV[i + 2], 0)
    redis.call('INCR', KEYS[3])
    done = done + 1
  end
end
return done
