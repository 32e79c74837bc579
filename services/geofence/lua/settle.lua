-- What became of entries that a webhook was given: the cursor moves past them, and those that
-- failed go, with what follows of their subjects, to the subject's queue.
-- KEYS  lease, cursors, retry, tries, queued, dead, then queues
-- ARGV  subscription, who has the lease, the last entry dealt with, most that may wait, most dead
--       letters, when to try again in ms, then for each event that is to wait: its queue as a place
--       in KEYS, its subject, the event
-- Returns 1, or 0 when the lease is lost: nothing is changed then
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
local waiting = tonumber(redis.call('GET', KEYS[5]) or '0')
for i = 7, #ARGV, 3 do
  local queue, subject, event = KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2]
  if waiting >= tonumber(ARGV[4]) then
    redis.call('XADD', KEYS[6], 'MAXLEN', ARGV[5], '*', 'e', event, 'r', 'the queue was full')
  else
    redis.call('RPUSH', queue, event)
    redis.call('ZADD', KEYS[3], 'NX', ARGV[6], subject)
    redis.call('HSETNX', KEYS[4], subject, 1)
    waiting = waiting + 1
  end
end
redis.call('SET', KEYS[5], waiting)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 1
