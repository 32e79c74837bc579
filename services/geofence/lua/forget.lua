-- Deletes a device if it is as it was read, with its timer, trips and queued events; its person too
-- if that is asked for.
-- KEYS  devices, timers, wake, crossing, people, ends, keyed, known, then hashes of trips, then sets
--       of who is inside, then for each subscription: queue of the device, retry, tries, queued
-- ARGV  hash, the first bytes of the record as it was read ("" when there was none), subject, "1" to
--       delete its person, number of sets of who is inside, number of trips, then the ids of the
--       trips, then for each fact that a hold is to be told: the trip's name, its text
-- Returns 1, or 0 when another call had changed the device: nothing is deleted then
local devices, timers = KEYS[1], KEYS[2]
local hash, stamp, subject = ARGV[1], ARGV[2], ARGV[3]
local sets, trips = tonumber(ARGV[5]), tonumber(ARGV[6])
local stored = redis.call('HGET', devices, hash) or ''
if stamp == '' and stored ~= '' then return 0 end
if stamp ~= '' and (stored == '' or string.sub(stored, 1, #stamp) ~= stamp) then return 0 end
redis.call('HDEL', devices, hash)
redis.call('ZREM', timers, hash)
if ARGV[4] == '1' then keep_person(5, hash, '', 0) end
for n = 1, trips do
  redis.call('HDEL', KEYS[8 + n], ARGV[6 + n])
end
for n = 9 + trips, 8 + trips + sets do
  redis.call('ZREM', KEYS[n], hash)
end
for n = 7 + trips, #ARGV, 2 do
  redis.call('HSET', KEYS[4], ARGV[n], ARGV[n + 1])
  redis.call('XADD', KEYS[3], 'MAXLEN', 1, '*', 'w', '')
end
for n = 9 + trips + sets, #KEYS, 4 do
  local queue, retry, tries, queued = KEYS[n], KEYS[n + 1], KEYS[n + 2], KEYS[n + 3]
  local waiting = redis.call('LLEN', queue)
  redis.call('DEL', queue)
  redis.call('ZREM', retry, subject)
  redis.call('HDEL', tries, subject)
  if waiting > 0 then redis.call('DECRBY', queued, waiting) end
end
return 1
