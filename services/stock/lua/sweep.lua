#!lua flags=allow-oom
-- Ends the holds of a store whose time is over, and forgets those that ended long ago.
-- KEYS  levels, holds, expiry, requests, ledger, due (all of the store's partition)
-- ARGV  now in ms or "" for the server's, store, how many at most
-- Returns how many there were
local s = { levels = KEYS[1], holds = KEYS[2], expiry = KEYS[3], requests = KEYS[4],
  ledger = KEYS[5], store = ARGV[2] }
local count = tidy(s, now_ms(ARGV[1]), tonumber(ARGV[3]))
local first = redis.call('ZRANGE', s.expiry, 0, 0, 'WITHSCORES')
if first[2] then
  redis.call('ZADD', KEYS[6], first[2], s.store)
else
  redis.call('ZREM', KEYS[6], s.store)
end
return count
