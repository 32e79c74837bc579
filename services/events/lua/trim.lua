-- Drops the events that no subscription needs any more. Subscriptions that were not used for too
-- long or lag too far expire first: their cursor becomes "-".
-- KEYS  events, cursors, used of each partition
-- ARGV  now in ms, how long a subscription may be unused in ms, how many events it may lag, most
--       events to look at
-- Returns for each partition the number of dropped events, and of subscriptions that expired
local now_ms, idle_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local most_lag, most = tonumber(ARGV[3]), tonumber(ARGV[4])

local function parts(id)
  local hyphen = string.find(id, '-')
  return tonumber(string.sub(id, 1, hyphen - 1)), tonumber(string.sub(id, hyphen + 1))
end

local function is_before(a, b)
  local a_ms, a_number = parts(a)
  local b_ms, b_number = parts(b)
  return a_ms < b_ms or (a_ms == b_ms and a_number < b_number)
end

local function trimmed(events, cursors, used)
  -- A cursor before `floor` has more than `most_lag` events to go.
  local excess = redis.call('XLEN', events) - most_lag
  local floor = nil
  if excess > 0 then
    local oldest = redis.call('XRANGE', events, '-', '+', 'COUNT', math.min(excess, most))
    floor = oldest[#oldest][1]
  end
  local expired = 0
  local lowest = nil -- the cursor that is furthest behind
  local all = redis.call('HGETALL', cursors)
  for n = 1, #all, 2 do
    local subscription, cursor = all[n], all[n + 1]
    if cursor ~= '-' then
      local used_ms = tonumber(redis.call('HGET', used, subscription) or '0')
      if now_ms - used_ms > idle_ms or (floor and is_before(cursor, floor)) then
        redis.call('HSET', cursors, subscription, '-')
        expired = expired + 1
      elseif not lowest or is_before(cursor, lowest) then
        lowest = cursor
      end
    end
  end
  if not lowest then -- no subscription needs anything: drop all
    local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
    lowest = last[1] and last[1][1]
  end
  if not lowest then return {0, expired} end
  -- MINID keeps the id it names, and the entry at the cursor is finished with: name the id after it.
  local hyphen = string.find(lowest, '-')
  local next_number = tonumber(string.sub(lowest, hyphen + 1)) + 1
  local min_id = string.sub(lowest, 1, hyphen) .. string.format('%.0f', next_number)
  return {redis.call('XTRIM', events, 'MINID', min_id), expired}
end

local result = {}
for i = 1, #KEYS, 3 do result[#result + 1] = trimmed(KEYS[i], KEYS[i + 1], KEYS[i + 2]) end
return result
