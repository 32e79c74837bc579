-- Fires an alert, once, and appends its delivery.
-- KEYS  alerts, deliveries (of the alert's owner)
-- ARGV  now in ms or "" for the database's, alert, store, SKU, units available, deliveries to keep
-- Returns 1 when it fired now, 0 when it had fired, had expired or is deleted
--
-- Alert (JSON): skus, stores, units; expire, fired (in ms).
-- Entry of the deliveries: id alert, s store, u SKU, n units available; with bands alone, as wanted.
local now = now_ms(ARGV[1])
local raw = redis.call('HGET', KEYS[1], ARGV[2])
local alert = raw and cjson.decode(raw)
if not alert or alert.fired or alert.expire <= now then return 0 end
alert.fired = now
redis.call('HSET', KEYS[1], ARGV[2], cjson.encode(alert))
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'id', ARGV[2], 's', ARGV[3], 'u', ARGV[4],
  'n', ARGV[5])
return 1
