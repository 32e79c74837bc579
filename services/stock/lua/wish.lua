-- Keeps that an alert waits for a product at a store, and has the level matched at once.
-- KEYS  wishes of the store and SKU, wished, look, wake, ending (all of the store's partition)
-- ARGV  now in ms or "" for the database's, place ("store SKU"), wish (lua/match.lua), when it expires
--       in ms, "owner alert" at the store that tells when the alert expires, else ""
local now, wish, expires_ms, ending = now_ms(ARGV[1]), ARGV[3], ARGV[4], ARGV[5]
-- A retry keeps the wish's turn.
if not redis.call('ZSCORE', KEYS[1], wish) then redis.call('ZADD', KEYS[1], now, wish) end
expire_after(KEYS[1], expires_ms)
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[3], now, ARGV[2])
if ending ~= '' then redis.call('ZADD', KEYS[5], expires_ms, ending) end
redis.call('XADD', KEYS[4], 'MAXLEN', 1, '*', 'w', '')
