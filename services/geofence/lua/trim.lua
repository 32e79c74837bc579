-- Drops the events that no subscription needs any more, and expires those that nobody looks after
-- or that lag too far.
-- KEYS  events, cursors, used
-- ARGV  now in ms, how long a subscription may be left alone in ms, how many events it may lag, how
--       many events to drop at most
-- Returns how many events were dropped, and how many subscriptions expired
local function parts(id)
  local at = string.find(id, '-')
  return tonumber(string.sub(id, 1, at - 1)), tonumber(string.sub(id, at + 1))
end
local function is_before(a, b)
  local a_ms, a_n = parts(a)
  local b_ms, b_n = parts(b)
  return a_ms < b_ms or (a_ms == b_ms and a_n < b_n)
end
local over = redis.call('XLEN', KEYS[1]) - tonumber(ARGV[3])
local floor = nil
if over > 0 then
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', math.min(over, tonumber(ARGV[4])))
  floor = oldest[#oldest][1]
end
local expired = 0
local lowest = nil
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local sub, cursor = all[i], all[i + 1]
  if cursor ~= '-' then
    local used = tonumber(redis.call('HGET', KEYS[3], sub) or '0')
    if tonumber(ARGV[1]) - used > tonumber(ARGV[2]) or (floor and is_before(cursor, floor)) then
      redis.call('HSET', KEYS[2], sub, '-')
      expired = expired + 1
    elseif not lowest or is_before(cursor, lowest) then
      lowest = cursor
    end
  end
end
if not lowest then
  local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
  lowest = last[1] and last[1][1]
end
if not lowest then return {0, expired} end
local at = string.find(lowest, '-')
local next_id = string.sub(lowest, 1, at) .. string.format('%.0f', tonumber(string.sub(lowest, at + 1)) + 1)
return {redis.call('XTRIM', KEYS[1], 'MINID', next_id), expired}
