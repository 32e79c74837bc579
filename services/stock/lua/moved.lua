-- Moves deliveries of an older version to the alerts that fired: they are told of them by their events
-- now, and keep what they found.
-- KEYS  deliveries, alerts (of one owner)
-- ARGV  how many at most
-- Returns how many there were
local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])
for _, entry in ipairs(entries) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  local raw = redis.call('HGET', KEYS[2], fields.id)
  local alert = raw and cjson.decode(raw)
  if alert and alert.fired and not alert.found then
    alert.found = { s = fields.s, l = { [fields.u] = tonumber(fields.n) } }
    redis.call('HSET', KEYS[2], fields.id, cjson.encode(alert))
  end
  redis.call('XDEL', KEYS[1], entry[1])
end
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return #entries
