-- Moves a wish for all of several products to the fires, if the units of all are enough; else to a
-- product that is short, where it waits on.
-- KEYS  levels, wished, look, fires, policies, then wishes and told of each line (all of the store's
--       partition)
-- ARGV  now in ms or "" for the database's, store, for how long in ms units count as promised, "1" to
--       tell bands alone, freshness limit in ms, wish, number of the line at which it waits, then SKU
--       and units of each line
-- Returns 1 when it was moved to the fires
local now, store, window = now_ms(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local wish, waits_at = ARGV[6], tonumber(ARGV[7])
local FIRST_LINE = 8
local policy = redis.call('HGET', KEYS[5], store)
policy = policy and cjson.decode(policy) or {}
local bands = ARGV[4] == '1' or policy.bands
local fresh_ms = policy.fresh_ms or tonumber(ARGV[5])

local function wishes_of(line) return KEYS[4 + 2 * line] end
local function told_of(line) return KEYS[5 + 2 * line] end

local since = redis.call('ZSCORE', wishes_of(waits_at), wish)
if not since then return 0 end -- another worker was faster, or it is deleted
local lines, short = {}, nil
for i = FIRST_LINE, #ARGV, 2 do
  local number, sku, wanted = #lines + 1, ARGV[i], tonumber(ARGV[i + 1])
  local units, is_stale = room_now({ levels = KEYS[1] }, sku, fresh_ms, now)
  lines[number] = { sku, wanted, bands and wanted or units }
  if units - promised(told_of(number), now - window) < wanted then
    short = { number = number, place = store .. ' ' .. sku, is_near = units >= wanted or is_stale }
    break
  end
end
if short then
  if short.number ~= waits_at then
    local expires_ms = redis.call('PEXPIRETIME', wishes_of(waits_at))
    redis.call('ZREM', wishes_of(waits_at), wish)
    redis.call('ZADD', wishes_of(short.number), since, wish)
    expire_after(wishes_of(short.number), expires_ms)
    redis.call('SADD', KEYS[2], short.place)
    -- What it does not take now is for others who wait where it did.
    redis.call('ZADD', KEYS[3], 'LT', now, store .. ' ' .. ARGV[FIRST_LINE + 2 * (waits_at - 1)])
  end
  -- Promised or stale units come back without a movement.
  if short.is_near then redis.call('ZADD', KEYS[3], 'LT', now + window, short.place) end
  return 0
end
redis.call('ZREM', wishes_of(waits_at), wish)
for number, line in ipairs(lines) do
  redis.call('ZADD', told_of(number), now, owner_and_alert(wish) .. ' ' .. line[2])
  redis.call('PEXPIRE', told_of(number), window)
end
redis.call('HSET', KEYS[4], fire_field(store .. ' ' .. lines[waits_at][1], wish, now),
  cjson.encode(lines))
return 1
