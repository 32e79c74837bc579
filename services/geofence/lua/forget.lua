-- Deletes a device if it is as it was read, with its timer, trips and queued events.
-- KEYS  devices, timers, wake, crossing, then hashes of trips, then for each subscription: queue of
--       the device, retry, tries, queued
-- ARGV  hash, the first bytes of the record as it was read, subject, number of trips, then the ids
--       of the trips, then for each fact that a hold is to be told: the trip's name, its text
-- Returns 1, or 0 when another call had changed the device: nothing is deleted then
local devices, timers = KEYS[1], KEYS[2]
local hash, stamp, subject, trips = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local stored = redis.call('HGET', devices, hash) or ''
if stored == '' or string.sub(stored, 1, #stamp) ~= stamp then return 0 end
redis.call('HDEL', devices, hash)
redis.call('ZREM', timers, hash)
for n = 1, trips do
  redis.call('HDEL', KEYS[4 + n], ARGV[4 + n])
end
for n = 5 + trips, #ARGV, 2 do
  redis.call('HSET', KEYS[4], ARGV[n], ARGV[n + 1])
  redis.call('XADD', KEYS[3], 'MAXLEN', 1, '*', 'w', '')
end
for n = 5 + trips, #KEYS, 4 do
  local queue, retry, tries, queued = KEYS[n], KEYS[n + 1], KEYS[n + 2], KEYS[n + 3]
  local waiting = redis.call('LLEN', queue)
  redis.call('DEL', queue)
  redis.call('ZREM', retry, subject)
  redis.call('HDEL', tries, subject)
  if waiting > 0 then redis.call('DECRBY', queued, waiting) end
end
return 1
