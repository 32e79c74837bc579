-- Keeps that an alert waits for a product at a store, and has the level matched at once.
-- KEYS  wishes of the store and SKU, wished, look, wake (all of the store's partition)
-- ARGV  now in ms or "" for the database's, place ("store SKU"), wish ("owner alert units"), when it
--       expires in ms
local now = now_ms(ARGV[1])
-- A retry keeps the wish's turn.
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) then redis.call('ZADD', KEYS[1], now, ARGV[3]) end
redis.call('PEXPIREAT', KEYS[1], ARGV[4], 'NX') -- GT alone does nothing where there is no expiry
redis.call('PEXPIREAT', KEYS[1], ARGV[4], 'GT')
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[3], now, ARGV[2])
redis.call('XADD', KEYS[4], 'MAXLEN', 1, '*', 'w', '')
