-- Holds a basket at one store: all of it or nothing, unless a part is enough.
-- KEYS  levels, holds, expiry, requests, ledger, due, addresses, codes, slots, crossing, wake,
--       events, cursors, dropped, policies, and the hash of terms.claim (all of the store's partition);
--       on a server without slots then the keys of terms.lease
-- ARGV  now in ms or "" for the database's, store, field of the request_id or "", fingerprint of the
--       request, terms as JSON, the policy by which they were made (JSON or ""; "*" for any), the
--       hold as JSON, the bounds of an address as JSON or "", then SKU and quantity of each line
-- Returns the outcome, and the hold as JSON or the detail:
--       "new", "same" (a retry), "reused" (the request_id, with another request);
--       "refused" (with repeats: no retry); "gone" (the claim); "quota", the number of the full one; "policy", the policy of now as JSON or "";
--       "short", SKU, available or "" with bands alone; "unknown", SKU; "limits", SKU, least, most;
--       "full" (the slot);
--       "bounded", a bound of the address (holds, lines, units, share_percent), its limit
--
-- Terms (JSON): ttl and fresh_ms (the freshness limit) in ms; part: a part is enough; validate:
--       nothing is written; bands: no answer tells a level; repeats: only a retry is answered;
--       capacity: of the hold's slot; events: the most that a partition keeps; claim: field and value
--       of the claim that the hold is for. A worker that died may have sent this long ago: once another
--       has changed or dropped the claim, nothing comes of it. lease: of the hold, to be taken with it:
--       at: the number of keys before its own, ms: its life, most: the most leases of each quota,
--       list: none, or what lease.lua takes of one.
-- Field of `requests`: caller, method and request_id, hashed. Its value: "fingerprint:hold".
local now, request, fingerprint = now_ms(ARGV[1]), ARGV[3], ARGV[4]
local terms, hold = cjson.decode(ARGV[5]), cjson.decode(ARGV[7])
local store = store_of(KEYS, ARGV[2], terms.events)
local part, may_write = terms.part, not terms.validate
local FIRST_LINE = 9

if request ~= '' then
  local first = redis.call('HGET', store.requests, request)
  if first then
    if string.sub(first, 1, #fingerprint) ~= fingerprint then return { 'reused' } end
    local id = string.sub(first, #fingerprint + 2)
    local kept = redis.call('HGET', store.holds, id)
    if may_write then
      tidy(store, now, ALL)
      -- `tidy` may have deleted it: a retry is told of the hold as it was last.
      kept = redis.call('HGET', store.holds, id) or kept
    end
    return { 'same', kept }
  end
end
if terms.repeats then return { 'refused' } end
if terms.claim and redis.call('HGET', KEYS[16], terms.claim[1]) ~= terms.claim[2] then
  return { 'gone' }
end

local raw_policy = redis.call('HGET', KEYS[15], store.name) or ''
if ARGV[6] ~= '*' and ARGV[6] ~= raw_policy then return { 'policy', raw_policy } end
local policy = raw_policy ~= '' and cjson.decode(raw_policy) or {}
local fresh_ms = policy.fresh_ms or terms.fresh_ms
local least, most = policy.min or 1, policy.max or 0
local bands = terms.bands or policy.bands

local lease, quotas = terms.lease, {}
if lease then
  for i = 1, #lease.most do quotas[i] = KEYS[lease.at + i] end
  local full = full_quota(quotas, lease.most, hold.id, now)
  if full then return { 'quota', full } end
end

-- Validation must not write, so it adds back what `tidy` would have given back.
local given_back, places_back = {}, 0
if may_write then
  tidy(store, now, ALL)
else
  for _, expired in ipairs(expired_holds(store.expiry, store.holds, now)) do
    for _, item in ipairs(expired.l) do
      given_back[item[SKU]] = (given_back[item[SKU]] or 0) + outstanding(item)
    end
    if expired.sl and hold.sl and slot_field(expired.sl) == slot_field(hold.sl) then
      places_back = places_back + 1
    end
  end
end

local wanted_lines = {}
for i = FIRST_LINE, #ARGV, 2 do
  wanted_lines[#wanted_lines + 1] = { ARGV[i], tonumber(ARGV[i + 1]) }
end
local limits, has, passed = address_of(store, ARGV[8], policy, hold.id, wanted_lines, now, may_write)
if passed then return { 'bounded', passed, limits[passed] } end
if hold.sl and is_full(store, hold.sl, terms.capacity, places_back) then return { 'full' } end

local changed, items, total, bounded = {}, {}, 0, false
for _, line in ipairs(wanted_lines) do
  local sku, wanted = line[1], line[2]
  if wanted < least or (most > 0 and wanted > most) then
    return { 'limits', sku, least, most }
  end
  local level = fresh_level(store, sku, fresh_ms, now)
  if not level then
    if not part then return { 'unknown', sku } end
    items[#items + 1] = { sku, wanted, 0, 0, 0, 0 }
  else
    local here, coming = room_of(level, policy)
    here = here + (given_back[sku] or 0)
    local room = math.max(here + coming, 0)
    local share = share_of(limits, has, sku, level.on_hand - level.safety + coming)
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

hold.l, hold.st, hold.c, hold.u, hold.rev = items, 'CONFIRMED', now, now, 1
hold.x = now + terms.ttl
warn(hold, hold.nt, now)
if request ~= '' then hold.rq = { request } end
-- A code that another hold has is left out: `transition` makes one when it is asked for.
if may_write and hold.cd and redis.call('HSETNX', store.codes, hold.cd, hold.id) == 0 then
  hold.cd = nil
end
local encoded = cjson.encode(hold)
if not may_write then return { 'new', encoded } end

local lines, fields = {}, {}
for _, change in ipairs(changed) do
  fields[#fields + 1] = change.sku
  fields[#fields + 1] = raw_of(change.level)
  lines[#lines + 1] = line_of(change.sku, change.level, 0, change.held)
end
if lease then
  take_lease(quotas, hold.id, now + lease.ms)
  if lease.list ~= cjson.null then
    local entry, kept_ms, most = unpack(lease.list)
    list_leased(KEYS[lease.at + #quotas + 1], entry, now + lease.ms + kept_ms, most, now)
  end
end
redis.call('HSET', store.levels, unpack(fields))
redis.call('HSET', store.holds, hold.id, encoded)
note_address(store, hold, true)
if hold.sl then move_place(store, hold.sl, 1) end
redis.call('ZADD', store.expiry, hold.x, hold.id)
redis.call('ZADD', store.due, 'LT', hold.x, store.name)
if request ~= '' then
  redis.call('HSET', store.requests, request, fingerprint .. ':' .. hold.id)
end
append(store.ledger, store.name, 'CONFIRMED', hold.id, lines)
tell(store, hold, 'confirmed', now, { transferred_from = hold.tf })
return { 'new', encoded }
