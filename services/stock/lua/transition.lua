#!lua flags=allow-oom
-- Brings a hold to another state. Runs when the memory is full too, since it gives units back.
-- KEYS  levels, holds, expiry, requests, ledger, due, addresses, codes, slots, crossing, wake, events,
--       cursors, dropped (all of the store's partition)
-- ARGV  now in ms or "" for the database's, store, hold, owner or "" for any, action, etag or "",
--       field of the request_id or "", fingerprint of the request, argument as JSON, most events
--       actions: cancel, prepare, ready; extend {ttl, nt: its warnings};
--       collect {l: SKU -> units, all, rest};
--       depart {to}: a transfer begins; moved {to, l}: the other store holds these units of each SKU;
--       missing {l: SKU -> units, x}: the shop cannot find them; x tells the owner so;
--       notify {kinds, of, sl}: keeps the notices of these kinds, of all `of`, if its slot is sl;
--       code {cd}: gives a hold without a short code this one
-- Returns the outcome and the hold as JSON: "done", "same" (nothing to do), "missing", "expired",
--       "state", "etag", "reused" (the request_id, with another request); "exceeds", hold, SKU;
--       "requests" (the hold remembers as many as it may), hold, their number;
--       "taken" (another hold has the code)
local NOTICES = { 'STORE_CLOSED', 'SLOT_CHANGED', 'ITEMS_MISSING', 'ENDS_BEFORE_READY', 'SHORTENED' }
local ITEMS_MISSING = 3
local LONGEST_TEXT = 1000
local BACK_ORDERED = 5 -- a position in an item
local MOST_REQUESTS = 100 -- of one hold: each change rewrites their list
local store = store_of(KEYS, ARGV[2], ARGV[10])
local now, id, owner, action, etag = now_ms(ARGV[1]), ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local request, fingerprint = ARGV[7], ARGV[8]
local argument = cjson.decode(ARGV[9])

tidy(store, now, ALL)
local hold, raw = hold_of(store.holds, id)
if not hold or (owner ~= '' and hold.own ~= owner) then return { 'missing' } end

if request ~= '' then
  local first = redis.call('HGET', store.requests, request)
  if first and first ~= fingerprint .. ':' .. id then return { 'reused' } end
  -- These would do more if they ran again; the state tells the other actions.
  if first and (action == 'collect' or action == 'missing') then return { 'same', raw } end
end
if etag ~= '' and etag ~= tostring(hold.rev) then return { 'etag', raw } end

if not LIVE[hold.st] then
  if action == 'cancel' and hold.st == 'CANCELED' then return { 'same', raw } end
  if (action == 'depart' or action == 'moved') and hold.tt == argument.to then
    return { 'same', raw }
  end
  return { hold.st == 'EXPIRED' and 'expired' or 'state', raw }
end

local is_remembered = action == 'collect' or action == 'depart' or action == 'missing'
if is_remembered and request ~= '' and #(hold.rq or {}) >= MOST_REQUESTS
  and not redis.call('HGET', store.requests, request) then
  return { 'requests', raw, MOST_REQUESTS }
end

local function remember_request()
  if request ~= '' and not redis.call('HGET', store.requests, request) then
    redis.call('HSET', store.requests, request, fingerprint .. ':' .. id)
    hold.rq = hold.rq or {}
    hold.rq[#hold.rq + 1] = request -- so that `tidy` deletes it with the hold
  end
end

-- `kind` is that of the movement, `told` that of the event, if there is one.
local function keep(lines, kind, told, data)
  hold.u, hold.rev = now, hold.rev + 1
  local encoded = cjson.encode(hold)
  redis.call('HSET', store.holds, id, encoded)
  append(store.ledger, store.name, kind, id, lines)
  if told then tell(store, hold, told, now, data) end
  return { 'done', encoded }
end

local function ended(state, told, data)
  finish(store, hold, state, now, told, data)
  return { 'done', cjson.encode(hold) }
end

if action == 'notify' then
  local slot = hold.sl and slot_field(hold.sl) or ''
  if slot ~= (argument.sl[1] and slot_field(argument.sl) or '') then return { 'same', raw } end
  local present, wanted, kept, is_new = {}, {}, {}, false
  for _, kind in ipairs(argument.of) do wanted[kind] = false end
  for _, kind in ipairs(argument.kinds) do wanted[kind] = true end
  for _, notice in ipairs(hold.nt or {}) do
    present[notice.k] = true
    if wanted[notice.k] == false then is_new = true else kept[#kept + 1] = notice end
  end
  for _, kind in ipairs(argument.kinds) do
    if not present[kind] then
      kept[#kept + 1] = { k = kind, t = now }
      is_new = true
    end
  end
  if not is_new then return { 'same', raw } end
  hold.nt = #kept > 0 and kept or nil
  local names = {}
  for i, notice in ipairs(kept) do names[i] = NOTICES[notice.k] end
  return keep({}, hold.st, 'notice', { notices = #names > 0 and names or nil })
end
if action == 'code' then -- no change that anybody waits for: the revision stays
  if hold.cd then return { 'same', raw } end
  if redis.call('HSETNX', store.codes, argument.cd, id) == 0 then return { 'taken', raw } end
  hold.cd = argument.cd
  local encoded = cjson.encode(hold)
  redis.call('HSET', store.holds, id, encoded)
  return { 'done', encoded }
end
if action == 'moved' and argument.l then -- it was changed, or handed over, since it departed
  for _, item in ipairs(hold.l) do
    if outstanding(item) ~= (argument.l[item[SKU]] or 0) then return { 'etag', raw } end
    argument.l[item[SKU]] = nil
  end
  if next(argument.l) then return { 'etag', raw } end
end
if action == 'cancel' or action == 'moved' then
  hold.tt = argument.to
  remember_request()
  return ended('CANCELED', action == 'cancel' and 'canceled' or 'transferred',
    { transferred_to = hold.tt })
end
if action == 'depart' then
  remember_request()
  return keep({}, hold.st)
end
if action == 'prepare' then
  if hold.st ~= 'CONFIRMED' then return { hold.st == 'PREPARING' and 'same' or 'state', raw } end
  hold.st = 'PREPARING'
  return keep({}, hold.st, 'preparing')
end
if action == 'ready' then
  if hold.st == 'READY' then return { 'same', raw } end
  hold.st = 'READY'
  return keep({}, hold.st, 'ready')
end
if action == 'extend' then
  hold.x, hold.gl = now + argument.ttl, 1
  warn(hold, argument.nt, now)
  redis.call('ZADD', store.expiry, hold.x, id)
  redis.call('ZADD', store.due, 'LT', hold.x, store.name)
  return keep({}, hold.st, 'updated', { change = 'EXTENDED' })
end

-- collect, missing: all items are checked before any is changed, since Redis rolls nothing back.
local left, held = 0, {}
local wanted = argument.l or {}
for _, item in ipairs(hold.l) do
  local rest = outstanding(item)
  local units = argument.all and rest or wanted[item[SKU]] or 0
  if units > rest then return { 'exceeds', raw, item[SKU] } end
  held[item[SKU]] = true
  wanted[item[SKU]], left = units, left + rest - units
end
for sku in pairs(wanted) do
  if not held[sku] then return { 'exceeds', raw, sku } end
end
local lines = {}
if action == 'missing' then
  for _, item in ipairs(hold.l) do
    local units = wanted[item[SKU]]
    local stored = units > 0 and redis.call('HGET', store.levels, item[SKU])
    if stored then
      local level = level_of(stored)
      level.reserved, level.version = level.reserved - units, level.version + 1
      redis.call('HSET', store.levels, item[SKU], raw_of(level))
      lines[#lines + 1] = line_of(item[SKU], level, 0, -units)
      item[VERSION] = level.version
    end
    item[HELD] = item[HELD] - units
    item[BACK_ORDERED] = math.min(item[BACK_ORDERED], item[HELD])
  end
  hold.nt = hold.nt or {}
  hold.nt[#hold.nt + 1] = { k = ITEMS_MISSING, t = now, x = argument.x }
  remember_request()
  -- A text of many goods is left to the hold; cut, it would not be UTF-8 any more.
  local text = argument.x and #argument.x <= LONGEST_TEXT and argument.x or nil
  if left > 0 then return keep(lines, 'RELEASED', 'items_missing', { text = text }) end
  append(store.ledger, store.name, 'RELEASED', id, lines)
  local collected = 0
  for _, item in ipairs(hold.l) do collected = collected + item[COLLECTED] end
  if collected > 0 then return ended('COLLECTED', 'collected') end
  return ended('CANCELED', 'canceled', { reason = NOTICES[ITEMS_MISSING], text = text })
end
hold.uc = { t = now, s = hold.st, l = {}, r = {} }
for _, item in ipairs(hold.l) do
  local units = wanted[item[SKU]]
  local stored = units > 0 and redis.call('HGET', store.levels, item[SKU])
  if stored then
    local level = level_of(stored)
    level.on_hand, level.reserved = level.on_hand - units, level.reserved - units
    level.version = level.version + 1
    redis.call('HSET', store.levels, item[SKU], raw_of(level))
    lines[#lines + 1] = line_of(item[SKU], level, -units, -units)
    item[VERSION] = level.version
  end
  item[COLLECTED] = item[COLLECTED] + units
  if units > 0 then hold.uc.l[item[SKU]] = units end
  if argument.rest and outstanding(item) > 0 then hold.uc.r[item[SKU]] = outstanding(item) end
end
remember_request()
if left > 0 and not argument.rest then
  return keep(lines, 'HANDED', 'updated', { change = 'HANDED_OVER' })
end
if #lines > 0 then append(store.ledger, store.name, 'HANDED', id, lines) end
return ended('COLLECTED', 'collected')
