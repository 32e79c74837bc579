-- Functions that the scripts of wishes share. Loaded after the library and taking.lua.

local function is_basket(wish)
  return string.sub(wish, -1) == ';'
end

-- Units of a product that a wish needs.
local function units_of(wish, sku)
  if not is_basket(wish) then return tonumber(string.match(wish, '(%d+)$')) end
  for name, units in string.gmatch(string.match(wish, '(%S+)$'), '([^:;]+):(%d+);') do
    if name == sku then return tonumber(units) end
  end
  return math.huge
end

local function owner_and_alert(wish)
  return string.match(wish, '^%S+ %S+')
end

local function fire_field(place, wish, now)
  return string.format('%s %s %.0f', place, owner_and_alert(wish), now)
end

-- Units of a level that are available; of one that no feed has stated lately 0, and true if it had some.
local function room_now(store, sku, fresh_ms, now)
  local level = fresh_level(store, sku, fresh_ms, now)
  if level then return available(level), false end
  local raw = redis.call('HGET', store.levels, sku)
  return 0, raw and available(level_of(raw)) > 0
end

-- Units that were promised to those who were told of them, later than a moment.
local function promised(told, since)
  redis.call('ZREMRANGEBYSCORE', told, '-inf', since)
  local units = 0
  for _, promise in ipairs(redis.call('ZRANGE', told, 0, -1)) do
    units = units + tonumber(string.match(promise, '(%d+)$'))
  end
  return units
end

local function expire_after(key, time_ms)
  redis.call('PEXPIREAT', key, time_ms, 'NX') -- GT alone does nothing where there is no expiry
  redis.call('PEXPIREAT', key, time_ms, 'GT')
end
