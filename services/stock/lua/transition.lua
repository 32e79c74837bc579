#!lua flags=allow-oom
-- Brings a hold to another state. Runs when the memory is full too, since it gives units back.
-- KEYS  levels, holds, expiry, requests, ledger, due (all of the store's partition)
-- ARGV  now in ms or "" for the server's, store, hold, owner or "" for anyone's, action, etag or "",
--       field of the request_id or "", fingerprint of the request, argument as JSON
--       actions: cancel, prepare, ready; extend {ttl}; collect {l: SKU -> units, all, rest};
--       depart {to}: a transfer begins; moved {to}: the other store holds it
-- Returns what became of it and the hold as JSON: "done", "same" (it was so), "missing", "expired",
--       "state", "etag", "reused"; "exceeds", hold, SKU
local s = { levels = KEYS[1], holds = KEYS[2], expiry = KEYS[3], requests = KEYS[4],
  ledger = KEYS[5], store = ARGV[2] }
local now, id, owner, action, etag = now_ms(ARGV[1]), ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local request, fingerprint = ARGV[7], ARGV[8]
local argument = cjson.decode(ARGV[9])

tidy(s, now, 1000000)
local raw = redis.call('HGET', s.holds, id)
local hold = raw and cjson.decode(raw)
if not hold or (owner ~= '' and hold.own ~= owner) then return { 'missing' } end

if request ~= '' then
  local known = redis.call('HGET', s.requests, request)
  if known and known ~= fingerprint .. ':' .. id then return { 'reused' } end
  if known and action == 'collect' then return { 'same', raw } end
end
if etag ~= '' and etag ~= tostring(hold.rev) then return { 'etag', raw } end

if not LIVE[hold.st] then
  if action == 'cancel' and hold.st == 'CANCELED' then return { 'same', raw } end
  if (action == 'depart' or action == 'moved') and hold.tt == argument.to then
    return { 'same', raw }
  end
  return { hold.st == 'EXPIRED' and 'expired' or 'state', raw }
end

local function remember()
  if request ~= '' and not redis.call('HGET', s.requests, request) then
    redis.call('HSET', s.requests, request, fingerprint .. ':' .. id)
    hold.rq = hold.rq or {}
    hold.rq[#hold.rq + 1] = request
  end
end

local function keep(lines, kind)
  hold.u, hold.rev = now, hold.rev + 1
  local encoded = cjson.encode(hold)
  redis.call('HSET', s.holds, id, encoded)
  append(s.ledger, s.store, kind, id, lines)
  return { 'done', encoded }
end

if action == 'cancel' or action == 'moved' then
  hold.tt = argument.to
  remember()
  finish(s, hold, 'CANCELED', now)
  return { 'done', cjson.encode(hold) }
end
if action == 'depart' then
  remember()
  return keep({}, hold.st)
end
if action == 'prepare' then
  if hold.st ~= 'CONFIRMED' then return { hold.st == 'PREPARING' and 'same' or 'state', raw } end
  hold.st = 'PREPARING'
  return keep({}, hold.st)
end
if action == 'ready' then
  if hold.st == 'READY' then return { 'same', raw } end
  hold.st = 'READY'
  return keep({}, hold.st)
end
if action == 'extend' then
  hold.x = now + argument.ttl
  redis.call('ZADD', s.expiry, hold.x, id)
  redis.call('ZADD', KEYS[6], 'LT', hold.x, s.store)
  return keep({}, hold.st)
end

-- collect: all lines are checked before any is changed
local left = 0
local wanted = argument.l or {}
for _, item in ipairs(hold.l) do
  local rest = item[3] - item[4]
  local units = argument.all and rest or wanted[item[1]] or 0
  if units > rest then return { 'exceeds', raw, item[1] } end
  wanted[item[1]], left = units, left + rest - units
end
for sku in pairs(wanted) do
  local is_held = false
  for _, item in ipairs(hold.l) do is_held = is_held or item[1] == sku end
  if not is_held then return { 'exceeds', raw, sku } end
end
local lines = {}
for _, item in ipairs(hold.l) do
  local units = wanted[item[1]]
  local stored = units > 0 and redis.call('HGET', s.levels, item[1])
  if stored then
    local level = level_of(stored)
    level.on_hand, level.reserved = level.on_hand - units, level.reserved - units
    level.version = level.version + 1
    redis.call('HSET', s.levels, item[1], raw_of(level))
    lines[#lines + 1] = line_of(item[1], level, -units, -units)
    item[6] = level.version
  end
  item[4] = item[4] + units
end
remember()
if left > 0 and not argument.rest then return keep(lines, 'HANDED') end
if #lines > 0 then append(s.ledger, s.store, 'HANDED', id, lines) end
finish(s, hold, 'COLLECTED', now)
return { 'done', cjson.encode(hold) }
