-- Moves the wishes for a level that its units are enough for to the fires, the oldest first.
-- KEYS  levels, wishes, told, wished, look, fires, policies (all of the store's partition)
-- ARGV  now in ms or "" for the database's, store, SKU, for how long in ms units count as promised
--       to those who were told of them, "1" to tell bands alone, "1" while the store is closed,
--       freshness limit in ms
-- Returns how many wishes were moved, then the wishes for several products to be matched by
--       lua/basket.lua
--
-- A wish is "owner alert units", or "owner alert SKU:units;SKU:units;" for all of several products. It
-- waits at one of those that is short: so it costs nothing when the others move.
-- A place is "store SKU". A field of `fires` is "store SKU owner alert ms", so that none replaces another
-- that is being told; its value (JSON): { SKU, units wanted, units available } of each line.
local MOST_WISHES = 1000 -- of one place in one run; `look` brings the others their turn
local now, store, sku, window = now_ms(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local place = store .. ' ' .. sku
local policy = redis.call('HGET', KEYS[7], store)
policy = policy and cjson.decode(policy) or {}
local bands = ARGV[5] == '1' or policy.bands

redis.call('ZREM', KEYS[5], place)
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SREM', KEYS[4], place)
  return { 0 }
end
if ARGV[6] == '1' then -- nobody is sent there; it may open again
  redis.call('ZADD', KEYS[5], now + window, place)
  return { 0 }
end
local units, is_stale = room_now({ levels = KEYS[1] }, sku, policy.fresh_ms or tonumber(ARGV[7]), now)
-- Two people must not be sent for one unit: those told lately get the time to come and take it.
local room, moved, baskets = units - promised(KEYS[3], now - window), 0, {}
for _, wish in ipairs(redis.call('ZRANGE', KEYS[2], 0, MOST_WISHES - 1)) do
  local wanted = units_of(wish, sku)
  if wanted <= room then
    room = room - wanted
    if is_basket(wish) then
      baskets[#baskets + 1] = wish
    else
      redis.call('ZREM', KEYS[2], wish)
      redis.call('ZADD', KEYS[3], now, wish)
      redis.call('HSET', KEYS[6], fire_field(place, wish, now),
        cjson.encode({ { sku, wanted, bands and wanted or units } }))
      moved = moved + 1
    end
  end
end
redis.call('PEXPIRE', KEYS[3], window)
if (units > 0 or is_stale) and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('ZADD', KEYS[5], now + window, place) -- if nobody came, the next are told
end
return { moved, unpack(baskets) }
