-- Functions and layouts that the scripts of a partition share. Loaded before each of them.
--
-- Level (one packed field of the hash `levels`, little-endian):
--   on_hand i4, reserved I4, safety stock I2, as_of in seconds I4, version I4, sell policy B,
--   number of futures B, number of sources B; then for each source its number I2 and its last
--   sequence I6, the most recent source first; then for each future its day since 2020-01-01 I2 and
--   its units I4.
-- Line of the ledger (packed, several in a row):
--   length of the SKU B, SKU, change of on_hand i4, change of reserved i4; then the level after the
--   movement: on_hand i4, reserved I4, safety stock I2, version I4.
-- Entry of the ledger: k kind, s store, a hold or source of the feed, d lines.
-- Hold (JSON, one field of the hash `holds`):
--   id; own caller; who shopper; m pick-up method; st state; rev revision; l items;
--   c created, u updated, x expires, e ended (all in ms);
--   rq fields of the hash `requests` that lead to it; tf, tt the hold it was transferred from, to;
--   ad, of a live hold made with the key of a page: keyed hash of the address;
--   cd short pick-up code;
--   gl 1 if a request gave its life; nt notices: { k kind, t time in ms, x text };
--   rb, pb when the goods are ready, and until when they can be picked up (in ms);
--   uc the last hand-over: { t time in ms, s state before it, l SKU -> units, r SKU -> units that were
--   released with it, done once it was undone };
--   ar trips to it: { t name, s state, a arrived in ms, b bay, v vehicle }; no b and v once it ended;
--   sl, of a live hold: its place { method, start, end of the slot in s }; ps the same once it ended
-- Field of the hash `slots`: method and start of a slot, ":" between; its value: places taken.
-- Field of the hash `crossing`: a trip; its value, for a worker of trips (services/directory/orders.py):
--   r the hold's name, s LIVE or the state in which it ended, to the hold that it was transferred to;
--   w start and end of its slot in ms, zeros if it has none any more.
-- Event of a hold (JSON, an entry of the stream `events`; services/directory/events.py): each change of
--   the revision has one, but for a telling that tells nothing new and the first half of a transfer.
--   Its id: the hold and the revision. Its data: state, revision, expire_ms; ready_by_ms, pickup_by_ms;
--   and by the type
--     confirmed transferred_from; transferred transferred_to; updated change (CHANGED, EXTENDED,
--     HANDED_OVER); canceled reason (ITEMS_MISSING); items_missing text; notice notices, those of now;
--     arrival arrival, the state of the trip. The values are names, as the contract has them.
-- Field of the hash `addresses`: ad; its value: the ids of its live holds, a space between two.
-- Field of the hash `codes`: cd; its value: the id of the hold, as long as that is kept.
-- Item of a hold: { SKU, requested, held, collected, back-ordered, version of the level }
local HEADER = '<i4I4I2I4I4BBB'
local LINE = '<i4i4i4I4I2I4'
local SKU, HELD, COLLECTED, VERSION = 1, 3, 4, 6 -- positions in an item
local KEEP_ENDED_MS = 7 * 86400000 -- an ended hold, and its request_id, can be read for so long
local ALL = 1000000
local MOST_FACTS = 100000 -- of a partition
local DROPPED_AT_ONCE = 100
local DAY_MS = 86400000
local LIVE = { CONFIRMED = true, PREPARING = true, READY = true }

-- The argument `now_ms`: tests and replays pass it, servers leave it empty and mean the database's.
local function now_ms(arg)
  if arg ~= '' then return tonumber(arg) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The keys that the scripts of holds take, in the order of `StoreKeys.of_holds`; the most events that a
-- partition keeps while no worker trims them.
local function store_of(keys, name, most_events)
  return { name = name, levels = keys[1], holds = keys[2], expiry = keys[3], requests = keys[4],
    ledger = keys[5], due = keys[6], addresses = keys[7], codes = keys[8], slots = keys[9],
    crossing = keys[10], wake = keys[11], events = keys[12], cursors = keys[13], dropped = keys[14],
    most_events = tonumber(most_events) }
end

local function level_of(raw)
  local level = {}
  local at
  level.on_hand, level.reserved, level.safety, level.as_of, level.version, level.sell,
    level.futures, level.sources, at = struct.unpack(HEADER, raw)
  level.tail = string.sub(raw, at) -- sources and futures stay packed: most scripts never need them
  return level
end

local function raw_of(level)
  return struct.pack(HEADER, level.on_hand, level.reserved, level.safety, level.as_of,
    level.version, level.sell, level.futures, level.sources) .. level.tail
end

local function available(level)
  return level.on_hand - level.reserved - level.safety
end

local function future_units(level)
  local units = 0
  local at = level.sources * 8 + 1
  for _ = 1, level.futures do
    local _, quantity = struct.unpack('<I2I4', level.tail, at)
    units, at = units + quantity, at + 6
  end
  return units
end

local function line_of(sku, level, on_hand_change, reserved_change)
  return string.char(#sku) .. sku .. struct.pack(LINE, on_hand_change, reserved_change,
    level.on_hand, level.reserved, level.safety, level.version)
end

-- Appends one movement of a store. Followers, alerts and the reconciliation read it.
local function append(ledger, store, kind, about, lines)
  redis.call('XADD', ledger, '*', 'k', kind, 's', store, 'a', about, 'd', table.concat(lines))
end

-- Units that an item still holds back from others.
local function outstanding(item)
  return item[HELD] - item[COLLECTED]
end

local function hold_of(holds, id)
  local raw = redis.call('HGET', holds, id)
  return raw and cjson.decode(raw), raw
end

-- Notes, or forgets, that a live hold is of its address.
local function note_address(store, hold, is_live)
  if not hold.ad then return end
  local ids = {}
  for id in string.gmatch(redis.call('HGET', store.addresses, hold.ad) or '', '%S+') do
    if id ~= hold.id then ids[#ids + 1] = id end
  end
  if is_live then ids[#ids + 1] = hold.id end
  if #ids > 0 then
    redis.call('HSET', store.addresses, hold.ad, table.concat(ids, ' '))
  else
    redis.call('HDEL', store.addresses, hold.ad)
  end
end

-- Keeps what the trips to a hold are to be told of it; `slot` where that has changed, or false.
local function tell_trips(store, hold, slot)
  if slot == nil then slot = hold.sl end
  local window = slot and { slot[2] * 1000, slot[3] * 1000 } or slot == false and { 0, 0 } or nil
  local fact = cjson.encode({ r = 'stores/' .. store.name .. '/reservations/' .. hold.id,
    s = LIVE[hold.st] and 'LIVE' or hold.st, to = hold.tt, w = window })
  for _, trip in ipairs(hold.ar) do
    -- Without a worker they would grow; trips that are not told end by themselves. A fact that waits
    -- is replaced all the same, since an old one would tell what is over.
    if redis.call('HLEN', store.crossing) < MOST_FACTS
      or redis.call('HEXISTS', store.crossing, trip.t) == 1 then
      redis.call('HSET', store.crossing, trip.t, fact)
    end
    if not LIVE[hold.st] then trip.b, trip.v = nil, nil end -- nobody needs them any more
  end
  redis.call('XADD', store.wake, 'MAXLEN', 1, '*', 'w', '')
end

local function is_before(a, b) -- ids of entries
  local a_ms, a_number = string.match(a, '(%d+)-(%d+)')
  local b_ms, b_number = string.match(b, '(%d+)-(%d+)')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  return a_ms < b_ms or (a_ms == b_ms and tonumber(a_number) < tonumber(b_number))
end

-- Drops the oldest events. A subscription that has not read them is told that it lost some: its cursor
-- becomes "-".
local function drop_events(events, cursors, dropped)
  local oldest = redis.call('XRANGE', events, '-', '+', 'COUNT', DROPPED_AT_ONCE)
  local last = oldest[#oldest][1]
  redis.call('XTRIM', events, 'MAXLEN', redis.call('XLEN', events) - #oldest)
  redis.call('INCRBY', dropped, #oldest)
  local all = redis.call('HGETALL', cursors)
  for i = 1, #all, 2 do
    if all[i + 1] ~= '-' and is_before(all[i + 1], last) then
      redis.call('HSET', cursors, all[i], '-')
    end
  end
end

-- Appends an event in JSON. No change is refused for want of room for it: the oldest make room.
local function append_event(store, event)
  redis.call('XADD', store.events, '*', 'j', event)
  if redis.call('XLEN', store.events) > store.most_events then
    drop_events(store.events, store.cursors, store.dropped)
  end
end

-- Appends the event of a change of a hold, after the revision was counted up.
local function tell(store, hold, kind, now, data)
  data = data or {}
  data.state, data.revision, data.expire_ms = hold.st, hold.rev, hold.x
  data.ready_by_ms, data.pickup_by_ms = hold.rb, hold.pb
  local expires -- what a hold that has ended makes worthless ends with it
  if kind == 'ready' or kind == 'preparing' then expires = hold.x end
  if kind == 'arrival' and LIVE[hold.st] then expires = math.min(hold.x, now + DAY_MS) end
  append_event(store, cjson.encode({ t = 'reservation.' .. kind, s = store.name,
    a = 'stores/' .. store.name .. '/reservations/' .. hold.id, o = hold.own,
    r = hold.who ~= '' and hold.who or nil, at = now, x = expires, id = hold.id .. '.' .. hold.rev,
    d = data }))
end

local function slot_field(slot)
  return string.format('%d:%.0f', slot[1], slot[2])
end

-- Takes a place of a slot, or gives it back.
local function move_place(store, slot, change)
  local field = slot_field(slot)
  if redis.call('HINCRBY', store.slots, field, change) <= 0 then
    redis.call('HDEL', store.slots, field)
  end
end

local WARNINGS = { [4] = true, [5] = true } -- kinds of notices that are about the life of a hold

-- Replaces the warnings of a hold by those of its new life: a list of { k }.
local function warn(hold, warnings, now)
  local kept = {}
  for _, notice in ipairs(hold.nt or {}) do
    if not WARNINGS[notice.k] then kept[#kept + 1] = notice end
  end
  for _, warning in ipairs(warnings or {}) do
    kept[#kept + 1] = { k = warning.k, t = now }
  end
  hold.nt = #kept > 0 and kept or nil
end

local function expired_ids(expiry, now, most)
  return redis.call('ZRANGE', expiry, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
end

-- Expired holds whose units and places are still taken. A script that may not write adds them back
-- itself, so that an expired hold counts nowhere.
local function expired_holds(expiry, holds, now)
  local found = {}
  for _, id in ipairs(expired_ids(expiry, now, ALL)) do
    local hold = hold_of(holds, id)
    if hold and LIVE[hold.st] then found[#found + 1] = hold end
  end
  return found
end

local function expired_items(expiry, holds, now)
  local items = {}
  for _, hold in ipairs(expired_holds(expiry, holds, now)) do
    for _, item in ipairs(hold.l) do items[#items + 1] = item end
  end
  return items
end

-- Ends a hold, gives back the units and the place that it still holds, and forgets its address. `kind`
-- is the type of its event.
local function finish(store, hold, state, now, kind, data)
  local lines = {}
  for _, item in ipairs(hold.l) do
    local units = outstanding(item)
    local raw = units > 0 and redis.call('HGET', store.levels, item[SKU])
    if raw then
      local level = level_of(raw)
      level.reserved, level.version = level.reserved - units, level.version + 1
      redis.call('HSET', store.levels, item[SKU], raw_of(level))
      lines[#lines + 1] = line_of(item[SKU], level, 0, -units)
      item[VERSION] = level.version
    end
  end
  hold.st, hold.e, hold.u, hold.rev = state, now, now, hold.rev + 1
  if hold.sl then
    move_place(store, hold.sl, -1)
    hold.ps, hold.sl = hold.sl, nil
  end
  if hold.ar then tell_trips(store, hold) end
  note_address(store, hold, false)
  local address = hold.ad
  hold.ad = nil
  redis.call('ZADD', store.expiry, now + KEEP_ENDED_MS, hold.id)
  redis.call('HSET', store.holds, hold.id, cjson.encode(hold))
  hold.ad = address -- for the answer: the lease of the address is released
  append(store.ledger, store.name, state, hold.id, lines)
  tell(store, hold, kind, now, data)
end

-- Ends holds that have expired, and deletes those that ended KEEP_ENDED_MS ago: at most `most`.
-- Every script that changes holds runs it first, so that none waits for the sweeper.
local function tidy(store, now, most)
  local ids = expired_ids(store.expiry, now, most)
  for _, id in ipairs(ids) do
    local hold = hold_of(store.holds, id)
    if hold and LIVE[hold.st] then
      finish(store, hold, 'EXPIRED', now, 'expired')
    else
      redis.call('ZREM', store.expiry, id)
      redis.call('HDEL', store.holds, id)
      if hold and hold.cd then redis.call('HDEL', store.codes, hold.cd) end
      for _, request in ipairs(hold and hold.rq or {}) do
        redis.call('HDEL', store.requests, request)
      end
    end
  end
  return #ids
end
