-- Functions that the scripts share that take units and places. Loaded after the library.
--
-- Policy (JSON): min and max quantity, sell policy, fresh_ms, bands, page: as `limits`.
-- Bounds (JSON): addresses, the keyed hashes of one address; limits, of all its live holds here:
--       holds, lines, units, share_percent of a level.

-- What an address has here, the lines of the hold `id` included, by its bounds as JSON or "".
-- Returns nil without bounds; else limits, what it has, and a bound that is passed.
local function address_of(store, bounds, policy, id, lines, now, may_write)
  if bounds == '' then return nil end
  bounds = cjson.decode(bounds)
  local limits = policy.page or bounds.limits
  local has = { holds = 1, lines = #lines, units = 0, of = {} }
  for _, line in ipairs(lines) do has.units = has.units + line[2] end
  for _, address in ipairs(bounds.addresses) do
    for other in string.gmatch(redis.call('HGET', store.addresses, address) or '', '%S+') do
      local hold = other ~= id and hold_of(store.holds, other)
      if hold and LIVE[hold.st] and hold.x > now then
        has.holds, has.lines = has.holds + 1, has.lines + #hold.l
        for _, item in ipairs(hold.l) do
          has.units = has.units + outstanding(item)
          has.of[item[SKU]] = (has.of[item[SKU]] or 0) + outstanding(item)
        end
      elseif may_write and other ~= id then -- ended by a process of before, which knew no addresses
        note_address(store, { id = other, ad = address }, false)
      end
    end
  end
  for _, bound in ipairs({ 'holds', 'lines', 'units' }) do
    if has[bound] > limits[bound] then return limits, has, bound end
  end
  return limits, has
end

-- Units that an address may take of all that the store can sell of a level: at least one.
local function share_of(limits, has, sku, units)
  if not limits then return math.huge end
  return math.max(1, math.floor(units * limits.share_percent / 100)) - (has.of[sku] or 0)
end

-- Units that a level can still give now, and with those that are to come; may be below 0.
local function room_of(level, policy)
  local here = available(level)
  local sell = level.sell > 0 and level.sell or policy.sell or 1
  local coming = sell > 1 and future_units(level) or 0 -- 1 sells only what is there
  return here, coming
end

-- The level of a SKU; nil if no feed has stated it lately.
local function fresh_level(store, sku, fresh_ms, now)
  local raw = redis.call('HGET', store.levels, sku)
  local level = raw and level_of(raw)
  if level and level.as_of * 1000 + fresh_ms >= now then return level end
end

-- True if a slot has no place left, beside `given_back` places.
local function is_full(store, slot, capacity, given_back)
  local taken = tonumber(redis.call('HGET', store.slots, slot_field(slot)) or 0)
  return taken - given_back >= capacity
end
