-- Changes one API key if it is as expected.
-- KEYS: the hash of keys, the count of changes
-- ARGV: name, the record as it must be ('' none, '*' any), the record as it shall be ('' none)
-- Answers 1, or 0 when it was not as expected.
local record = redis.call('HGET', KEYS[1], ARGV[1])
local expected = ARGV[2]
if expected == '' then
  if record then return 0 end
elseif expected == '*' then
  if not record then return 0 end
elseif record ~= expected then
  return 0
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
redis.call('INCR', KEYS[2])
return 1
