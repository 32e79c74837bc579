#!lua flags=allow-oom
-- Takes the last hand-over of a hold back, within a minute: the goods are on hold again.
-- KEYS  as of transition.lua
-- ARGV  now in ms or "" for the database's, store, hold, owner or "" for any, etag or "",
--       most events
-- Returns the outcome and the hold as JSON: "done", "same" (it was undone before), "missing", "etag",
--       "state" (nothing was handed over, or too long ago); "short", hold, SKU, available (goods that
--       were released with the hand-over have gone to others)
--
-- A place in a slot that the hold had does not come back: others may have it.
local LONGEST_MS = 60000
local LIVES_ON_MS = 15 * 60000 -- at least
local store = store_of(KEYS, ARGV[2], ARGV[6])
local now, id, owner, etag = now_ms(ARGV[1]), ARGV[3], ARGV[4], ARGV[5]

tidy(store, now, ALL)
local hold, raw = hold_of(store.holds, id)
if not hold or (owner ~= '' and hold.own ~= owner) then return { 'missing' } end
if etag ~= '' and etag ~= tostring(hold.rev) then return { 'etag', raw } end
local last = hold.uc
if not last or now > last.t + LONGEST_MS then return { 'state', raw } end
if last.done then return { 'same', raw } end
if not (LIVE[hold.st] or hold.st == 'COLLECTED') then return { 'state', raw } end

local levels = {}
for _, item in ipairs(hold.l) do
  local sku, released = item[SKU], last.r[item[SKU]] or 0
  local stored = (last.l[sku] or released > 0) and redis.call('HGET', store.levels, sku)
  levels[sku] = stored and level_of(stored)
  if levels[sku] and released > 0 and available(levels[sku]) < released then
    return { 'short', raw, sku, math.max(available(levels[sku]), 0) }
  end
end
local lines = {}
for _, item in ipairs(hold.l) do
  local sku, units = item[SKU], last.l[item[SKU]] or 0
  local level = levels[sku]
  if level then
    local held = units + (last.r[sku] or 0)
    level.on_hand, level.reserved = level.on_hand + units, level.reserved + held
    level.version = level.version + 1
    redis.call('HSET', store.levels, sku, raw_of(level))
    lines[#lines + 1] = line_of(sku, level, units, held)
    item[VERSION] = level.version
  end
  item[COLLECTED] = item[COLLECTED] - units
end
-- A hold that went on after a part was handed over stays as it is now.
if hold.st == 'COLLECTED' then hold.st = last.s end
hold.e, last.done = nil, true
hold.x = math.max(hold.x, now + LIVES_ON_MS)
redis.call('ZADD', store.expiry, hold.x, id)
redis.call('ZADD', store.due, 'LT', hold.x, store.name)
if hold.ar then tell_trips(store, hold) end
hold.u, hold.rev = now, hold.rev + 1
local encoded = cjson.encode(hold)
redis.call('HSET', store.holds, id, encoded)
append(store.ledger, store.name, 'RETURNED', id, lines)
tell(store, hold, 'undone', now)
return { 'done', encoded }
