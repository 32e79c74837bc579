-- Deletes a device if it is as it was read, with its timer, its trips and what waits of it.
-- KEYS  devices, timers, then hashes of trips, then for each subscription: queue of the device,
--       retry, tries, queued
-- ARGV  hash, what its record must begin with, subject, number of trips, then the ids of the trips
-- Returns 1, or 0 when it was changed meanwhile
local stored = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if stored == '' or string.sub(stored, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
local trips = tonumber(ARGV[4])
for i = 1, trips do
  redis.call('HDEL', KEYS[2 + i], ARGV[4 + i])
end
for i = 3 + trips, #KEYS, 4 do
  local waiting = redis.call('LLEN', KEYS[i])
  redis.call('DEL', KEYS[i])
  redis.call('ZREM', KEYS[i + 1], ARGV[3])
  redis.call('HDEL', KEYS[i + 2], ARGV[3])
  if waiting > 0 then redis.call('DECRBY', KEYS[i + 3], waiting) end
end
return 1
