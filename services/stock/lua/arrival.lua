-- Tells a hold about a trip to it.
-- KEYS  as of transition.lua
-- ARGV  now in ms or "" for the database's, store, hold, its revision as it was read, the trip's name,
--       what it tells as JSON (services/directory/orders.py), most events
-- Returns the outcome and the hold as JSON: "done", "same" (nothing to keep), "missing", "etag"
--
-- Each telling changes the revision, so that none is lost to one that was read before.
local MOST_TRIPS = 5 -- to one hold; the oldest gives way
local function told_of(trip)
  return trip and trip.s .. ' ' .. (trip.a or 0) or ''
end

local store = store_of(KEYS, ARGV[2], ARGV[7])
local now, id, trip = now_ms(ARGV[1]), ARGV[3], cjson.decode(ARGV[6])
trip.t, trip.r = ARGV[5], nil

tidy(store, now, ALL)
local hold, raw = hold_of(store.holds, id)
if not hold then return { 'missing' } end
if ARGV[4] ~= tostring(hold.rev) then return { 'etag', raw } end
-- An ended hold keeps its trips: if it was collected by mistake, they go on.
if trip.s == 'ENDED' and not LIVE[hold.st] then return { 'same', raw } end

local trips, before = {}, nil
for _, other in ipairs(hold.ar or {}) do
  if other.t ~= trip.t then trips[#trips + 1] = other else before = other end
end
if trip.s ~= 'ENDED' and trip.s ~= 'ERASED' then
  trips[#trips + 1] = trip
  if #trips > MOST_TRIPS then table.remove(trips, 1) end
end
hold.ar = #trips > 0 and trips or nil
-- One that sets out learns the slot.
local sets_out = not before and hold.sl
if hold.ar and (sets_out or not LIVE[hold.st]) then tell_trips(store, hold) end
hold.u, hold.rev = now, hold.rev + 1
local encoded = cjson.encode(hold)
redis.call('HSET', store.holds, id, encoded)
append(store.ledger, store.name, hold.st, id, {})
-- No bay and no vehicle: an event cannot be erased. A fact that is told again is no event.
local after = trip.s ~= 'ENDED' and trip.s ~= 'ERASED' and trip
if told_of(before) ~= told_of(after) then
  tell(store, hold, 'arrival', now, { arrival = after and trip.s or 'ENDED' })
end
return { 'done', encoded }
