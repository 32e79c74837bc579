#!lua flags=allow-oom
-- Ends holds of a store that have expired, and deletes those that ended long ago.
-- Runs when the memory is full too, since it gives units and memory back.
-- KEYS  levels, holds, expiry, requests, ledger, due, addresses, codes, slots, crossing, wake, events,
--       cursors, dropped (all of the store's partition)
-- ARGV  now in ms or "" for the database's, store, how many at most, most events
-- Returns how many there were
local store = store_of(KEYS, ARGV[2], ARGV[4])
local count = tidy(store, now_ms(ARGV[1]), tonumber(ARGV[3]))
local first = redis.call('ZRANGE', store.expiry, 0, 0, 'WITHSCORES')
if first[2] then
  redis.call('ZADD', store.due, first[2], store.name)
else
  redis.call('ZREM', store.due, store.name)
end
return count
