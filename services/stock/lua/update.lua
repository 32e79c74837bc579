#!lua flags=allow-oom
-- Changes the lines, the slot or the method of a hold: all as asked, or nothing.
-- Runs when the memory is full too, since it gives units and places back.
-- KEYS  as lua/reserve.lua
-- ARGV  now in ms or "" for the database's, store, hold, owner or "" for any, etag or "", field of
--       the request_id or "", fingerprint of the request, terms as JSON, the policy by which they
--       were made (JSON or ""), the bounds of an address as JSON or "", then SKU and quantity of each
--       line; without lines they stay
-- Returns the outcome, and the hold as JSON or the detail: "done", "same" (a retry, or nothing to
--       do), "missing", "expired", "state", "etag", "requests" as lua/transition.lua; "reused",
--       "refused", "policy", "short", "unknown", "limits", "full", "bounded" as lua/reserve.lua;
--       "handed", SKU, units that were handed over already, which a line must have
--
-- Terms (JSON): fresh_ms, bands, repeats, events as lua/reserve.lua; m the method, 0: as it is;
--       pickup: the slot changes, to sl or to none, with its capacity; rb, pb when goods of now are
--       ready, and until when they are kept; ttl in ms, which a hold without a given life lasts then; short: that is cut.
local MOST_REQUESTS = 100 -- of one hold, as lua/transition.lua
local now, id, owner, etag = now_ms(ARGV[1]), ARGV[3], ARGV[4], ARGV[5]
local request, fingerprint, terms = ARGV[6], ARGV[7], cjson.decode(ARGV[8])
local store = store_of(KEYS, ARGV[2], terms.events)
local FIRST_LINE = 11

tidy(store, now, ALL)
local hold, raw = hold_of(store.holds, id)
if not hold or (owner ~= '' and hold.own ~= owner) then return { 'missing' } end
local first = request ~= '' and redis.call('HGET', store.requests, request)
if first then
  return { first == fingerprint .. ':' .. id and 'same' or 'reused', raw }
end
if terms.repeats then return { 'refused' } end
if etag ~= '' and etag ~= tostring(hold.rev) then return { 'etag', raw } end
if not LIVE[hold.st] then return { hold.st == 'EXPIRED' and 'expired' or 'state', raw } end
if request ~= '' and #(hold.rq or {}) >= MOST_REQUESTS then
  return { 'requests', raw, MOST_REQUESTS }
end

local raw_policy = redis.call('HGET', KEYS[15], store.name) or ''
if ARGV[9] ~= raw_policy then return { 'policy', raw_policy } end
local method = terms.m > 0 and terms.m or hold.m
-- Another call gave it a slot of another method since this one read it.
if not terms.pickup and hold.sl and hold.sl[1] ~= method then return { 'etag', raw } end
local policy = raw_policy ~= '' and cjson.decode(raw_policy) or {}
local fresh_ms = policy.fresh_ms or terms.fresh_ms
local least, most = policy.min or 1, policy.max or 0
local bands = terms.bands or policy.bands

local kept, wanted_lines = {}, {}
for _, item in ipairs(hold.l) do kept[item[SKU]] = item end
for i = FIRST_LINE, #ARGV, 2 do
  wanted_lines[#wanted_lines + 1] = { ARGV[i], tonumber(ARGV[i + 1]) }
end
local is_new_lines = #wanted_lines > 0
if not is_new_lines then
  for _, item in ipairs(hold.l) do wanted_lines[#wanted_lines + 1] = { item[SKU], item[HELD] } end
end
local limits, has, passed = address_of(store, ARGV[10], policy, id, wanted_lines, now, true)
if passed and is_new_lines then return { 'bounded', passed, limits[passed] } end

local moves_place = terms.pickup
  and not (hold.sl and terms.sl and slot_field(hold.sl) == slot_field(terms.sl))
if moves_place and terms.sl and is_full(store, terms.sl, terms.capacity, 0) then return { 'full' } end

-- All lines are checked before any is changed, since Redis rolls nothing back.
local changed, items, is_more = {}, {}, false

local function change(sku, item, level, wanted, back_ordered)
  level.reserved, level.version = level.reserved + wanted - item[HELD], level.version + 1
  changed[#changed + 1] = { sku = sku, level = level, change = wanted - item[HELD] }
  if bands and back_ordered > 0 then back_ordered = wanted end
  return { sku, wanted, wanted, item[COLLECTED], back_ordered, level.version }
end

for _, line in ipairs(is_new_lines and wanted_lines or {}) do
  local sku, wanted = line[1], line[2]
  local item = kept[sku] or { sku, 0, 0, 0, 0, 0 }
  kept[sku] = nil
  if wanted < item[COLLECTED] then return { 'handed', sku, item[COLLECTED] } end
  if wanted ~= item[HELD] and (wanted < least or (most > 0 and wanted > most)) then
    return { 'limits', sku, least, most }
  end
  local back_ordered = item[5]
  if wanted > item[HELD] then
    local more = wanted - item[HELD]
    local level = fresh_level(store, sku, fresh_ms, now)
    if not level then return { 'unknown', sku } end
    local here, coming = room_of(level, policy)
    if here + coming < more then return { 'short', sku, bands and '' or math.max(here + coming, 0) } end
    local share = share_of(limits, has, sku, level.on_hand - level.safety + coming)
    if share < wanted - item[COLLECTED] then
      return { 'bounded', 'share_percent', limits.share_percent }
    end
    is_more = true
    item = change(sku, item, level, wanted, back_ordered + math.max(more - math.max(here, 0), 0))
  elseif wanted < item[HELD] then
    local stored = redis.call('HGET', store.levels, sku)
    back_ordered = math.max(0, back_ordered - (item[HELD] - wanted))
    if stored then
      item = change(sku, item, level_of(stored), wanted, back_ordered)
    else
      item = { sku, wanted, wanted, item[COLLECTED], back_ordered, item[VERSION] }
    end
  else
    item[2] = wanted
  end
  items[#items + 1] = item
end
if is_new_lines then
  for sku, item in pairs(kept) do
    if item[COLLECTED] > 0 then return { 'handed', sku, item[COLLECTED] } end
    local stored = item[HELD] > 0 and redis.call('HGET', store.levels, sku)
    if stored then change(sku, item, level_of(stored), 0, 0) end
  end
  hold.l = items
end

local lines = {}
for _, each in ipairs(changed) do
  redis.call('HSET', store.levels, each.sku, raw_of(each.level))
  lines[#lines + 1] = line_of(each.sku, each.level, 0, each.change)
end
if moves_place then
  if hold.sl then move_place(store, hold.sl, -1) end
  if terms.sl then move_place(store, terms.sl, 1) end
  hold.sl = terms.sl
  local notices = {}
  for _, notice in ipairs(hold.nt or {}) do
    if notice.k ~= 2 then notices[#notices + 1] = notice end -- about the slot of before
  end
  hold.nt = #notices > 0 and notices or nil
end
hold.m = method
if is_more and hold.st ~= 'CONFIRMED' then hold.st = 'CONFIRMED' end -- the shop gathers again
if terms.pickup or (is_more and not hold.sl) then
  hold.rb, hold.pb = terms.rb, terms.pb
  local warnings = {}
  if not hold.gl and now + terms.ttl > hold.x then
    hold.x = now + terms.ttl
    if terms.short then warnings[1] = { k = 5 } end
  end
  if hold.rb and hold.x < hold.rb then warnings[#warnings + 1] = { k = 4 } end
  warn(hold, warnings, now)
  redis.call('ZADD', store.expiry, hold.x, id)
  redis.call('ZADD', store.due, 'LT', hold.x, store.name)
end
if request ~= '' then
  redis.call('HSET', store.requests, request, fingerprint .. ':' .. id)
  hold.rq = hold.rq or {}
  hold.rq[#hold.rq + 1] = request -- so that `tidy` deletes it with the hold
end
local left = 0
for _, item in ipairs(hold.l) do left = left + outstanding(item) end
if left == 0 then -- all that is still wanted was handed over
  if #lines > 0 then append(store.ledger, store.name, 'RELEASED', id, lines) end
  finish(store, hold, 'COLLECTED', now, 'collected')
  return { 'done', cjson.encode(hold) }
end
if moves_place and hold.ar then tell_trips(store, hold, hold.sl or false) end
hold.u, hold.rev = now, hold.rev + 1
local encoded = cjson.encode(hold)
redis.call('HSET', store.holds, id, encoded)
append(store.ledger, store.name, hold.st, id, lines)
tell(store, hold, 'updated', now, { change = 'CHANGED' })
return { 'done', encoded }
