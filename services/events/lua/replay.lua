-- Moves dead letters back into the retry queues of their subjects.
-- KEYS  retry, tries, queued, dead, then queues
-- ARGV  when to try in ms, then for each letter: its id, the index of its queue in KEYS, its
--       subject, the event
-- Returns the number of letters that still existed
local retry, tries, queued, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local due_ms = ARGV[1]
local replayed = 0
for n = 2, #ARGV, 4 do
  local letter, queue = ARGV[n], KEYS[tonumber(ARGV[n + 1])]
  local subject, event = ARGV[n + 2], ARGV[n + 3]
  -- Another replay may have taken the letter, or its cap dropped it.
  if redis.call('XDEL', dead, letter) == 1 then
    redis.call('RPUSH', queue, event)
    redis.call('ZADD', retry, 'NX', due_ms, subject)
    redis.call('HSETNX', tries, subject, 0)
    redis.call('INCR', queued)
    replayed = replayed + 1
  end
end
return replayed
