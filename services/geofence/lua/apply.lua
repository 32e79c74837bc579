-- Writes devices of one partition, each only if it is as it was read, with its events and timer.
-- KEYS  devices, timers, events, wake, crossing, people, ends, keyed, known, then hashes of trips
--       and sets of who is inside
-- ARGV  most events that the stream may have, and most facts, most devices,
--       how many of those given are new, most people, how many of them are new,
--       devices of which the head of the record changes alone, as for most fixes: for each its hash,
--       its stamp and the new head, without a gap; then for each other device:
--       hash    keyed hash of its id
--       stamp   the first bytes of the record as it was read; "" when there was none
--       record  the new record
--       due     "" when that is all, as for most fixes; else when its timer is due: a time in ms,
--               "-" never, "=" as before; then
--               number of events, and for each: the event, the owner of its trip or "",
--               number of trips, and for each trip: the index of its key in KEYS, its id, its
--               record ("" to forget it), then
--               number of facts that holds are to be told, and for each: the trip's name, its
--               text, then
--               the record of its person ("=" as before), when that ends in ms, then
--               number of sets that it enters ("+") or leaves ("-"), and for each: the index of
--               its key in KEYS, the sign
-- Returns a list of the numbers of the heads that were not written, then for each other device 1
--       when it was written, 0: another call had changed the device; an error
--       BACKLOG, with nothing written, when too many events or facts wait, or DEVICES or PEOPLE when
--       there would be too many
--
-- Device, person, timer, events and facts lie in one slot, so a state never advances without them.
local devices, timers, events = KEYS[1], KEYS[2], KEYS[3]
local most = tonumber(ARGV[1])
if redis.call('XLEN', events) > most or redis.call('HLEN', KEYS[5]) > most then
  return redis.error_reply('BACKLOG too many events wait for delivery')
end
local new = tonumber(ARGV[3])
if new > 0 and redis.call('HLEN', devices) + new > tonumber(ARGV[2]) then
  return redis.error_reply('DEVICES the partition keeps as many devices as it may')
end
new = tonumber(ARGV[5])
if new > 0 and redis.call('HLEN', KEYS[6]) + new > tonumber(ARGV[4]) then
  return redis.error_reply('PEOPLE the partition keeps as many registered devices as it may')
end

local HASH, STAMP, HEAD = 16, 14, 88 -- bytes
local heads, refused = ARGV[6], {}
for n = 1, #heads / (HASH + STAMP + HEAD) do
  local begin = (n - 1) * (HASH + STAMP + HEAD)
  local hash = string.sub(heads, begin + 1, begin + HASH)
  local stored = redis.call('HGET', devices, hash) or ''
  local stamp = string.sub(heads, begin + HASH + 1, begin + HASH + STAMP)
  if string.sub(stored, 1, STAMP) == stamp then
    local head = string.sub(heads, begin + HASH + STAMP + 1, begin + HASH + STAMP + HEAD)
    redis.call('HSET', devices, hash, head .. string.sub(stored, HEAD + 1))
  else
    refused[#refused + 1] = n
  end
end

local result = { refused }
local at = 7 -- the next argument
while at <= #ARGV do
  local hash, stamp, record, due = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local stored = redis.call('HGET', devices, hash) or ''
  local is_same
  if stamp == '' then
    is_same = stored == ''
  else
    is_same = string.sub(stored, 1, #stamp) == stamp
  end
  if is_same then redis.call('HSET', devices, hash, record) end
  at = at + 4
  if due ~= '' then
    -- The arguments of a device that is not written are skipped.
    local last_event = at + 2 * tonumber(ARGV[at])
    if is_same then
      if due == '-' then
        redis.call('ZREM', timers, hash)
      elseif due ~= '=' then
        local first = redis.call('ZRANGE', timers, 0, 0, 'WITHSCORES')
        redis.call('ZADD', timers, due, hash)
        if not first[2] or tonumber(due) < tonumber(first[2]) then -- workers sleep until the first
          redis.call('XADD', KEYS[4], 'MAXLEN', 1, '*', 'w', '')
        end
      end
      for n = at + 1, last_event, 2 do
        if ARGV[n + 1] == '' then
          redis.call('XADD', events, '*', 'e', ARGV[n])
        else
          redis.call('XADD', events, '*', 'e', ARGV[n], 'o', ARGV[n + 1])
        end
      end
    end
    at = last_event + 1
    local last_trip = at + 3 * tonumber(ARGV[at])
    if is_same then
      for n = at + 1, last_trip, 3 do
        local trips, id, trip = KEYS[tonumber(ARGV[n])], ARGV[n + 1], ARGV[n + 2]
        if trip == '' then
          redis.call('HDEL', trips, id)
        else
          redis.call('HSET', trips, id, trip)
        end
      end
    end
    at = last_trip + 1
    local last_fact = at + 2 * tonumber(ARGV[at])
    if is_same and last_fact > at then
      for n = at + 1, last_fact, 2 do redis.call('HSET', KEYS[5], ARGV[n], ARGV[n + 1]) end
      redis.call('XADD', KEYS[4], 'MAXLEN', 1, '*', 'w', '')
    end
    local person, end_ms = ARGV[last_fact + 1], ARGV[last_fact + 2]
    if is_same and person ~= '=' then
      keep_person(6, hash, person, end_ms)
    end
    at = last_fact + 3
    local last_set = at + 2 * tonumber(ARGV[at])
    if is_same then
      for n = at + 1, last_set, 2 do
        local inside = KEYS[tonumber(ARGV[n])]
        if ARGV[n + 1] == '+' then
          redis.call('ZADD', inside, 0, hash)
        else
          redis.call('ZREM', inside, hash)
        end
      end
    end
    at = last_set + 1
  end
  result[#result + 1] = is_same and 1 or 0
end
return result
