-- Lets a subscription begin with what comes now.
-- KEYS  cursors, used, events
-- ARGV  subscription, now in ms, "1" to give up what it has not done with
-- Returns nothing
if ARGV[3] == '1' or not redis.call('HGET', KEYS[1], ARGV[1]) then
  local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)
  redis.call('HSET', KEYS[1], ARGV[1], last[1] and last[1][1] or '0-0')
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
