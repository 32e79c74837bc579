-- Changes devices of one partition, each only if it is as it was read, with its events and timers.
-- KEYS  devices, timers, events, then hashes of trips
-- ARGV  most events that the stream may have, then for each device: its hash, what its record must
--       begin with ("" when there must be none), the new record, and "" when that is all; else when
--       its timer is due ("-" never, "=" as it was), number of events, the events, number of trips,
--       then for each: its key as a place in KEYS, its id, its record ("" to forget it)
-- Returns for each device whether it was changed, 1 or 0; an error BACKLOG when there are too many
--       events
if redis.call('XLEN', KEYS[3]) > tonumber(ARGV[1]) then
  return redis.error_reply('BACKLOG too many events wait for delivery')
end
local result = {}
local at = 2
while at <= #ARGV do
  local hash, stamp, record, due = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local stored = redis.call('HGET', KEYS[1], hash) or ''
  local same
  if stamp == '' then same = stored == '' else same = string.sub(stored, 1, #stamp) == stamp end
  if same then redis.call('HSET', KEYS[1], hash, record) end
  at = at + 4
  if due ~= '' then
    local events = tonumber(ARGV[at])
    if same then
      if due == '-' then
        redis.call('ZREM', KEYS[2], hash)
      elseif due ~= '=' then
        redis.call('ZADD', KEYS[2], due, hash)
      end
      for i = at + 1, at + events do
        redis.call('XADD', KEYS[3], '*', 'e', ARGV[i])
      end
    end
    at = at + events + 1
    local trips = tonumber(ARGV[at])
    for i = at + 1, at + 3 * trips, 3 do
      if same then
        local key = KEYS[tonumber(ARGV[i])]
        if ARGV[i + 2] == '' then
          redis.call('HDEL', key, ARGV[i + 1])
        else
          redis.call('HSET', key, ARGV[i + 1], ARGV[i + 2])
        end
      end
    end
    at = at + 3 * trips + 1
  end
  result[#result + 1] = same and 1 or 0
end
return result
