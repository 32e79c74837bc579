-- Moves the cursor of a webhook past entries, and failed events into the retry queues of their
-- subjects, together with the later events of those subjects.
-- KEYS  lease, cursors, retry, tries, queued, dead, then queues
-- ARGV  subscription, holder of the lease, the last entry that is finished with, most queued
--       events, most dead letters, when to try again in ms, then for each event to queue: the index
--       of its queue in KEYS, its subject, the event
-- Returns 1, or 0 when the lease is lost: nothing is changed then
--
-- Cursor and queues change in one act, so that a crash neither loses a failed event nor delivers a
-- later one of the subject before it.
local lease, cursors, retry, tries = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local queued, dead = KEYS[5], KEYS[6]
local subscription, holder, last_entry = ARGV[1], ARGV[2], ARGV[3]
local most_queued, most_dead, again_ms = tonumber(ARGV[4]), ARGV[5], ARGV[6]

if redis.call('GET', lease) ~= holder then return 0 end
local waiting = tonumber(redis.call('GET', queued) or '0')
for n = 7, #ARGV, 3 do
  local queue, subject, event = KEYS[tonumber(ARGV[n])], ARGV[n + 1], ARGV[n + 2]
  if waiting >= most_queued then
    redis.call('XADD', dead, 'MAXLEN', most_dead, '*', 'e', event, 'r', 'the queue was full')
  else
    redis.call('RPUSH', queue, event)
    redis.call('ZADD', retry, 'NX', again_ms, subject)
    redis.call('HSETNX', tries, subject, 1)
    waiting = waiting + 1
  end
end
redis.call('SET', queued, waiting)
redis.call('HSET', cursors, subscription, last_entry)
return 1
