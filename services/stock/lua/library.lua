-- What the scripts of a partition share. Stands before each of them.
--
-- A level is one packed field: on_hand i4, reserved I4, safety I2, as_of in seconds I4, version I4,
-- sell policy B, futures B, sources B; then of each source its number I2 and last sequence I6, the
-- one that spoke last first; then of each future the day since 2020-01-01 I2 and the units I4.
-- A line of the ledger: length of the SKU B, SKU, change of on_hand i4, change of reserved i4, and
-- after it on_hand i4, reserved I4, safety I2, version I4.
local HEADER = '<i4I4I2I4I4BBB'
local LINE = '<i4i4i4I4I2I4'
local KEEP_ENDED_MS = 7 * 86400000 -- an ended hold can be read for so long, and its request_id too
local LIVE = { CONFIRMED = true, PREPARING = true, READY = true }

local function now_ms(arg)
  if arg ~= '' then return tonumber(arg) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function level_of(raw)
  local level = {}
  local at
  level.on_hand, level.reserved, level.safety, level.as_of, level.version, level.sell,
    level.futures, level.sources, at = struct.unpack(HEADER, raw)
  level.tail = string.sub(raw, at)
  return level
end

local function raw_of(level)
  return struct.pack(HEADER, level.on_hand, level.reserved, level.safety, level.as_of,
    level.version, level.sell, level.futures, level.sources) .. level.tail
end

local function line_of(sku, level, on_hand_change, reserved_change)
  return string.char(#sku) .. sku .. struct.pack(LINE, on_hand_change, reserved_change,
    level.on_hand, level.reserved, level.safety, level.version)
end

-- Units dated to come.
local function future_units(level)
  local units = 0
  local at = level.sources * 8 + 1
  for _ = 1, level.futures do
    local _, quantity = struct.unpack('<I2I4', level.tail, at)
    units, at = units + quantity, at + 6
  end
  return units
end

-- One movement of a store, told to the followers: kind, hold or source, lines.
local function append(ledger, store, kind, about, lines)
  redis.call('XADD', ledger, '*', 'k', kind, 's', store, 'a', about, 'd', table.concat(lines))
end

-- Gives back what a hold still holds, and ends it. `s` has the keys and the name of the store.
local function finish(s, hold, state, now)
  local lines = {}
  for _, item in ipairs(hold.l) do
    local rest = item[3] - item[4]
    local raw = rest > 0 and redis.call('HGET', s.levels, item[1])
    if raw then
      local level = level_of(raw)
      level.reserved, level.version = level.reserved - rest, level.version + 1
      redis.call('HSET', s.levels, item[1], raw_of(level))
      lines[#lines + 1] = line_of(item[1], level, 0, -rest)
      item[6] = level.version
    end
  end
  hold.st, hold.e, hold.u, hold.rev = state, now, now, hold.rev + 1
  redis.call('ZADD', s.expiry, now + KEEP_ENDED_MS, hold.id)
  redis.call('HSET', s.holds, hold.id, cjson.encode(hold))
  append(s.ledger, s.store, state, hold.id, lines)
end

-- Ends the holds whose time is over, at most so many, and forgets those that ended long ago.
local function tidy(s, now, most)
  local due = redis.call('ZRANGE', s.expiry, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
  for _, id in ipairs(due) do
    local raw = redis.call('HGET', s.holds, id)
    local hold = raw and cjson.decode(raw)
    if hold and LIVE[hold.st] then
      finish(s, hold, 'EXPIRED', now)
    else
      redis.call('ZREM', s.expiry, id)
      redis.call('HDEL', s.holds, id)
      for _, request in ipairs(hold and hold.rq or {}) do
        redis.call('HDEL', s.requests, request)
      end
    end
  end
  return #due
end
