-- What became of another attempt with the first event of a subject's queue.
-- KEYS  lease, retry, tries, queued, dead, queue
-- ARGV  who has the lease, subject, "ok", "later" or "dead", when to try again in ms, most dead
--       letters, why it is given up
-- Returns 1, or 0 when the lease is lost or nothing waits any more
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local subject, outcome = ARGV[2], ARGV[3]
if redis.call('LLEN', KEYS[6]) == 0 then
  redis.call('ZREM', KEYS[2], subject)
  redis.call('HDEL', KEYS[3], subject)
  return 0
end
if outcome == 'later' then
  redis.call('HINCRBY', KEYS[3], subject, 1)
  redis.call('ZADD', KEYS[2], ARGV[4], subject)
  return 1
end
local left = 1
if outcome == 'ok' then
  redis.call('LPOP', KEYS[6])
  redis.call('DECR', KEYS[4])
  left = redis.call('LLEN', KEYS[6])
else
  -- The endpoint has been dead for days: what follows of the subject goes too.
  for _, event in ipairs(redis.call('LRANGE', KEYS[6], 0, -1)) do
    redis.call('XADD', KEYS[5], 'MAXLEN', ARGV[5], '*', 'e', event, 'r', ARGV[6])
    redis.call('DECR', KEYS[4])
  end
  redis.call('DEL', KEYS[6])
  left = 0
end
if left == 0 then
  redis.call('ZREM', KEYS[2], subject)
  redis.call('HDEL', KEYS[3], subject)
else
  redis.call('HSET', KEYS[3], subject, 0)
  redis.call('ZADD', KEYS[2], ARGV[4], subject)
end
return 1
