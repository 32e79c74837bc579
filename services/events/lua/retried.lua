-- Notes the outcome of another attempt with the first event of a subject's queue.
-- KEYS  lease, retry, tries, queued, dead, queue
-- ARGV  holder of the lease, subject, outcome ("ok" delivered, "later" to be tried again, "probed" the
--       same of an endpoint that fails, "dead" given up), when to try again in ms, most dead letters,
--       why the event is given up
-- Returns 1, or 0 when the lease is lost or nothing waits any more
local lease, retry, tries = KEYS[1], KEYS[2], KEYS[3]
local queued, dead, queue = KEYS[4], KEYS[5], KEYS[6]
local holder, subject, outcome, again_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local most_dead, reason = ARGV[5], ARGV[6]

local function end_retries()
  redis.call('ZREM', retry, subject)
  redis.call('HDEL', tries, subject)
end

if redis.call('GET', lease) ~= holder then return 0 end
if redis.call('LLEN', queue) == 0 then -- the device was erased meanwhile
  end_retries()
  return 0
end
if outcome == 'later' or outcome == 'probed' then
  -- A probe says nothing of the subject: the pauses of its own must not grow with an outage.
  if outcome == 'later' then redis.call('HINCRBY', tries, subject, 1) end
  redis.call('ZADD', retry, again_ms, subject)
  return 1
end
if outcome == 'dead' then
  local event = redis.call('LINDEX', queue, 0)
  redis.call('XADD', dead, 'MAXLEN', most_dead, '*', 'e', event, 'r', reason)
end
redis.call('LPOP', queue)
redis.call('DECR', queued)
if redis.call('LLEN', queue) == 0 then
  end_retries()
else
  -- After one that is given up, those behind it count as tried: of an endpoint that has failed for
  -- days each is given up by its own age, and not tried once more before.
  if outcome == 'ok' then redis.call('HSET', tries, subject, 0) end
  redis.call('ZADD', retry, again_ms, subject)
end
return 1
