-- Holds a basket at one store: all of it or nothing, unless a part is enough.
-- KEYS  levels, holds, expiry, requests, ledger, due, policies (all of the store's partition)
-- ARGV  now in ms or "" for the database's, store, field of the request_id or "", fingerprint of the
--       request, "1" when a part is enough, "1" to validate only, freshness limit in ms, ttl in ms,
--       the hold as JSON, then SKU and quantity of each line
-- Returns the outcome, and the hold as JSON or the detail:
--       "new", "same" (a retry), "reused" (the request_id, with another request);
--       "short", SKU, available; "unknown", SKU; "limits", SKU, least, most
--
-- Field of `requests`: caller, method and request_id, hashed. Its value: "fingerprint:hold".
-- Policy (JSON): min and max quantity, sell policy, fresh_ms.
local store = store_of(KEYS, ARGV[2])
local now, request, fingerprint = now_ms(ARGV[1]), ARGV[3], ARGV[4]
local part, validate_only = ARGV[5] == '1', ARGV[6] == '1'

if request ~= '' then
  local first = redis.call('HGET', store.requests, request)
  if first then
    if string.sub(first, 1, #fingerprint) ~= fingerprint then return { 'reused' } end
    local id = string.sub(first, #fingerprint + 2)
    local hold = redis.call('HGET', store.holds, id)
    if not validate_only then
      tidy(store, now, ALL)
      -- `tidy` may have deleted it: a retry is told of the hold as it was last.
      hold = redis.call('HGET', store.holds, id) or hold
    end
    return { 'same', hold }
  end
end

-- Validation must not write, so it adds back what `tidy` would have given back.
local given_back = {}
if validate_only then
  for _, item in ipairs(expired_items(store.expiry, store.holds, now)) do
    given_back[item[SKU]] = (given_back[item[SKU]] or 0) + outstanding(item)
  end
else
  tidy(store, now, ALL)
end

local policy = redis.call('HGET', KEYS[7], store.name)
policy = policy and cjson.decode(policy) or {}
local fresh_ms = policy.fresh_ms or tonumber(ARGV[7])
local least, most = policy.min or 1, policy.max or 0

local changed, items, total = {}, {}, 0
for i = 10, #ARGV, 2 do
  local sku, wanted = ARGV[i], tonumber(ARGV[i + 1])
  if wanted < least or (most > 0 and wanted > most) then
    return { 'limits', sku, least, most }
  end
  local raw = redis.call('HGET', store.levels, sku)
  local level = raw and level_of(raw)
  if not level or level.as_of * 1000 + fresh_ms < now then
    if not part then return { 'unknown', sku } end
    items[#items + 1] = { sku, wanted, 0, 0, 0, 0 }
  else
    local here = available(level) + (given_back[sku] or 0)
    local sell = level.sell > 0 and level.sell or policy.sell or 1
    local room = sell > 1 and here + future_units(level) or here -- 1 sells only what is there
    local held = math.min(wanted, math.max(room, 0))
    if held < wanted and not part then return { 'short', sku, math.max(room, 0) } end
    level.reserved = level.reserved + held
    if held > 0 then
      level.version = level.version + 1
      changed[#changed + 1] = { sku = sku, level = level, held = held }
    end
    local back_ordered = math.min(held, math.max(held - here, 0))
    items[#items + 1] = { sku, wanted, held, 0, back_ordered, level.version }
    total = total + held
  end
end
if total == 0 then return { 'short', ARGV[10], 0 } end

local hold = cjson.decode(ARGV[9])
hold.l, hold.st, hold.c, hold.u, hold.rev = items, 'CONFIRMED', now, now, 1
hold.x = now + tonumber(ARGV[8])
if request ~= '' then hold.rq = { request } end
local encoded = cjson.encode(hold)
if validate_only then return { 'new', encoded } end

local lines, fields = {}, {}
for _, change in ipairs(changed) do
  fields[#fields + 1] = change.sku
  fields[#fields + 1] = raw_of(change.level)
  lines[#lines + 1] = line_of(change.sku, change.level, 0, change.held)
end
redis.call('HSET', store.levels, unpack(fields))
redis.call('HSET', store.holds, hold.id, encoded)
redis.call('ZADD', store.expiry, hold.x, hold.id)
redis.call('ZADD', store.due, 'LT', hold.x, store.name)
if request ~= '' then
  redis.call('HSET', store.requests, request, fingerprint .. ':' .. hold.id)
end
append(store.ledger, store.name, 'CONFIRMED', hold.id, lines)
return { 'new', encoded }
