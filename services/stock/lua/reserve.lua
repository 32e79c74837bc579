-- Holds a basket at one store: all of it or nothing, unless a part is enough.
-- KEYS  levels, holds, expiry, requests, ledger, due, addresses, codes, policies (all of the store's
--       partition)
-- ARGV  now in ms or "" for the database's, store, field of the request_id or "", fingerprint of the
--       request, "1" when a part is enough, "1" to validate only, "1" to answer with bands alone,
--       freshness limit in ms, ttl in ms, the hold as JSON, the bounds of an address as JSON or "",
--       then SKU and quantity of each line
-- Returns the outcome, and the hold as JSON or the detail:
--       "new", "same" (a retry), "reused" (the request_id, with another request);
--       "short", SKU, available or "" with bands alone; "unknown", SKU; "limits", SKU, least, most;
--       "bounded", a bound of the address (holds, lines, units, share_percent), its limit
--
-- Field of `requests`: caller, method and request_id, hashed. Its value: "fingerprint:hold".
-- Policy (JSON): min and max quantity, sell policy, fresh_ms, bands, page: as `limits`.
-- Bounds (JSON): addresses, the keyed hashes of one address; limits, of all its live holds here:
--       holds, lines, units, share_percent of a level.
local store = store_of(KEYS, ARGV[2])
local now, request, fingerprint = now_ms(ARGV[1]), ARGV[3], ARGV[4]
local part, validate_only, bands = ARGV[5] == '1', ARGV[6] == '1', ARGV[7] == '1'
local FIRST_LINE = 12

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

local policy = redis.call('HGET', KEYS[9], store.name)
policy = policy and cjson.decode(policy) or {}
local fresh_ms = policy.fresh_ms or tonumber(ARGV[8])
local least, most = policy.min or 1, policy.max or 0
bands = bands or policy.bands

-- What the address has here already, by its bounds; no limits for callers without an address.
local limits, has = nil, { holds = 1, lines = (#ARGV - FIRST_LINE + 1) / 2, units = 0, of = {} }
if ARGV[11] ~= '' then
  local bounds = cjson.decode(ARGV[11])
  limits = policy.page or bounds.limits
  for i = FIRST_LINE + 1, #ARGV, 2 do has.units = has.units + tonumber(ARGV[i]) end
  for _, address in ipairs(bounds.addresses) do
    for id in string.gmatch(redis.call('HGET', store.addresses, address) or '', '%S+') do
      local hold = hold_of(store.holds, id)
      if hold and LIVE[hold.st] and hold.x > now then
        has.holds, has.lines = has.holds + 1, has.lines + #hold.l
        for _, item in ipairs(hold.l) do
          has.units = has.units + outstanding(item)
          has.of[item[SKU]] = (has.of[item[SKU]] or 0) + outstanding(item)
        end
      elseif not validate_only then -- ended by a process of before, which knew no addresses
        note_address(store, { id = id, ad = address }, false)
      end
    end
  end
  for _, bound in ipairs({ 'holds', 'lines', 'units' }) do
    if has[bound] > limits[bound] then return { 'bounded', bound, limits[bound] } end
  end
end

-- Units that the address may still take of all that the store can sell of a level: at least one.
local function share_of(sku, units)
  if not limits then return math.huge end
  return math.max(1, math.floor(units * limits.share_percent / 100)) - (has.of[sku] or 0)
end

local changed, items, total, bounded = {}, {}, 0, false
for i = FIRST_LINE, #ARGV, 2 do
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
    local coming = sell > 1 and future_units(level) or 0 -- 1 sells only what is there
    local room = math.max(here + coming, 0)
    local share = share_of(sku, level.on_hand - level.safety + coming)
    if not part and room < wanted then return { 'short', sku, bands and '' or room } end
    if not part and share < wanted then return { 'bounded', 'share_percent', limits.share_percent } end
    local held = math.max(0, math.min(wanted, room, share))
    bounded = bounded or held < math.min(wanted, room)
    if bands and held < wanted then held = 0 end -- a part would tell the level
    level.reserved = level.reserved + held
    if held > 0 then
      level.version = level.version + 1
      changed[#changed + 1] = { sku = sku, level = level, held = held }
    end
    local back_ordered = math.min(held, math.max(held - here, 0))
    if bands and back_ordered > 0 then back_ordered = held end
    items[#items + 1] = { sku, wanted, held, 0, back_ordered, level.version }
    total = total + held
  end
end
if total == 0 and bounded then return { 'bounded', 'share_percent', limits.share_percent } end
if total == 0 then return { 'short', ARGV[FIRST_LINE], bands and '' or 0 } end

local hold = cjson.decode(ARGV[10])
hold.l, hold.st, hold.c, hold.u, hold.rev = items, 'CONFIRMED', now, now, 1
hold.x = now + tonumber(ARGV[9])
if request ~= '' then hold.rq = { request } end
-- A code that another hold has is left out: `transition` makes one when it is asked for.
if not validate_only and hold.cd and redis.call('HSETNX', store.codes, hold.cd, hold.id) == 0 then
  hold.cd = nil
end
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
note_address(store, hold, true)
redis.call('ZADD', store.expiry, hold.x, hold.id)
redis.call('ZADD', store.due, 'LT', hold.x, store.name)
if request ~= '' then
  redis.call('HSET', store.requests, request, fingerprint .. ':' .. hold.id)
end
append(store.ledger, store.name, 'CONFIRMED', hold.id, lines)
return { 'new', encoded }
