-- Notes that an alert waits for a product at a store, and has it looked at once.
-- KEYS  wishes of the store and SKU, wished, look (all of the store's partition)
-- ARGV  now in ms or "" for the server's, "store SKU", the wish, until when in ms
-- The wish is "owner alert units"; the earlier one comes first.
local now = now_ms(ARGV[1])
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) then redis.call('ZADD', KEYS[1], now, ARGV[3]) end
redis.call('PEXPIREAT', KEYS[1], ARGV[4], 'NX')
redis.call('PEXPIREAT', KEYS[1], ARGV[4], 'GT')
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[3], now, ARGV[2])
