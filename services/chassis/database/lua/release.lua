-- Deletes a key if it still has a value: the caller's own lease, or a mark that it has handled.
-- KEYS  the key
-- ARGV  the value
-- Returns 1 when it was deleted
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
