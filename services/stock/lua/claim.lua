-- Fires an alert, once; or changes what is known of its firing.
-- KEYS  alerts (of the alert's owner)
-- ARGV  now in ms or "" for the database's, alert, action, claim, what it found as JSON or ""
--       actions: fire; held: keeps what it found anew, with the hold that was made; again: no hold
--       could be made, so it waits on; expire: its time is over
-- Returns the outcome, and the alert as JSON where there is one:
--       "done", also where this claim fired it before; "again" (this claim has made it wait on);
--       "no" (it fired by another claim, waits, has expired, or is deleted)
--
-- Alert (JSON): skus, any of which it waits for; stores; units of it; l all the lines that it waits for
--       instead, SKU -> units; own caller; who shopper; hold { ttl in ms, m method }: makes a hold;
--       expire, fired (in ms); by the claim that fired it; found { s store, l SKU -> units, h hold,
--       x why none was made }; no the claim that made it wait on.
-- A claim fires an alert in one slot and tells it in another, so whoever takes the claim over finds the
-- same outcome again.
local now, id, action, claim = now_ms(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local raw = redis.call('HGET', KEYS[1], id)
if not raw then return { 'no' } end
local alert = cjson.decode(raw)

local function keep()
  raw = cjson.encode(alert)
  redis.call('HSET', KEYS[1], id, raw)
  return { 'done', raw }
end

if action == 'expire' then
  return { not alert.fired and alert.expire <= now and 'done' or 'no', raw }
end
if action == 'fire' then
  if alert.fired then return { alert.by == claim and 'done' or 'no', raw } end
  if alert.no == claim then return { 'again', raw } end
  if alert.expire <= now then return { 'no', raw } end
  alert.fired, alert.by, alert.found = now, claim, cjson.decode(ARGV[5])
  return keep()
end
if not alert.fired or alert.by ~= claim then return { 'no', raw } end
if action == 'held' then
  local first, found = alert.found, cjson.decode(ARGV[5])
  if (first.h or first.x) and (first.h ~= found.h or first.x ~= found.x) then
    return { 'no', raw } -- another worker was told otherwise, and was first
  end
  alert.found = found
  return keep()
end
if alert.found.h or alert.found.x then return { 'no', raw } end -- another worker got a hold by now
alert.fired, alert.by, alert.found, alert.no = nil, nil, nil, claim
return keep()
