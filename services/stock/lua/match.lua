-- Picks the wishes that the units of a level are enough for, the earliest first.
-- KEYS  levels, wishes, told, wished, look, claims (all of the store's partition)
-- ARGV  now in ms or "" for the server's, store, SKU, for how long in ms units count as taken by
--       those who were told of them
-- Returns the wishes that were moved to the claims, and the units that are available
local now, store, sku, window = now_ms(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local place = store .. ' ' .. sku
redis.call('ZREM', KEYS[5], place)
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SREM', KEYS[4], place)
  return { 0 }
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - window)
local raw = redis.call('HGET', KEYS[1], sku)
local level = raw and level_of(raw)
local available = level and level.on_hand - level.reserved - level.safety or 0
local room, picked = available, { available }
for _, wish in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  room = room - tonumber(string.match(wish, '(%d+)$'))
end
for _, wish in ipairs(redis.call('ZRANGE', KEYS[2], 0, 999)) do
  local units = tonumber(string.match(wish, '(%d+)$'))
  if units <= room then
    room = room - units
    redis.call('ZREM', KEYS[2], wish)
    redis.call('ZADD', KEYS[3], now, wish)
    redis.call('HSET', KEYS[6], place .. ' ' .. wish, available)
    picked[#picked + 1] = wish
  end
end
redis.call('PEXPIRE', KEYS[3], window)
if available > 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('ZADD', KEYS[5], now + window, place) -- the others get their turn
end
return picked
