#!lua flags=no-writes
-- Reads the taken places of slots of one store; those of expired holds are free.
-- KEYS  slots, expiry, holds
-- ARGV  now in ms or "" for the database's, then fields of slots
-- Returns the taken places of each
local taken, number = {}, {}
for i = 2, #ARGV do
  taken[i - 1] = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0)
  number[ARGV[i]] = i - 1
end
for _, hold in ipairs(expired_holds(KEYS[2], KEYS[3], now_ms(ARGV[1]))) do
  local slot = hold.sl and number[slot_field(hold.sl)]
  if slot then taken[slot] = taken[slot] - 1 end
end
return taken
