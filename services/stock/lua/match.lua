-- Moves the wishes for a level that its units are enough for to the claims, the oldest first.
-- KEYS  levels, wishes, told, wished, look, claims, policies (all of the store's partition)
-- ARGV  now in ms or "" for the database's, store, SKU, for how long in ms units count as promised
--       to those who were told of them, "1" to tell bands alone, "1" while the store is closed
-- Returns the units that are available, then the wishes that were moved
--
-- A wish is "owner alert units"; a place is "store SKU"; a claim is "store SKU owner alert units".
local MOST_WISHES = 1000 -- of one place in one run; `look` brings the others their turn
local now, store, sku, window = now_ms(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local place = store .. ' ' .. sku
local policy = redis.call('HGET', KEYS[7], store)
local bands = ARGV[5] == '1' or (policy and cjson.decode(policy).bands)

local function units_of(wish)
  return tonumber(string.match(wish, '(%d+)$'))
end

redis.call('ZREM', KEYS[5], place)
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SREM', KEYS[4], place)
  return { 0 }
end
if ARGV[6] == '1' then -- nobody is sent there; it may open again
  redis.call('ZADD', KEYS[5], now + window, place)
  return { 0 }
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - window)
local raw = redis.call('HGET', KEYS[1], sku)
local units = raw and available(level_of(raw)) or 0

-- Two people must not be sent for one unit: those told lately get the time to come and take it.
local room, moved = units, { units }
for _, wish in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do room = room - units_of(wish) end
for _, wish in ipairs(redis.call('ZRANGE', KEYS[2], 0, MOST_WISHES - 1)) do
  if units_of(wish) <= room then
    room = room - units_of(wish)
    redis.call('ZREM', KEYS[2], wish)
    redis.call('ZADD', KEYS[3], now, wish)
    redis.call('HSET', KEYS[6], place .. ' ' .. wish, bands and units_of(wish) or units)
    moved[#moved + 1] = wish
  end
end
redis.call('PEXPIRE', KEYS[3], window)
if units > 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('ZADD', KEYS[5], now + window, place) -- if nobody came, the next are told
end
return moved
