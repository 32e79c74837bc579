-- Moves the cursor of a subscription forward, never back.
-- KEYS  cursors
-- ARGV  subscription, entry
-- Returns 1 when it moved
local cursors, subscription, entry = KEYS[1], ARGV[1], ARGV[2]

local function parts(id)
  local hyphen = string.find(id, '-')
  return tonumber(string.sub(id, 1, hyphen - 1)), tonumber(string.sub(id, hyphen + 1))
end

local cursor = redis.call('HGET', cursors, subscription)
if not cursor or cursor == '-' then return 0 end -- deleted, or expired
local old_ms, old_number = parts(cursor)
local new_ms, new_number = parts(entry)
if new_ms < old_ms or (new_ms == old_ms and new_number <= old_number) then return 0 end
redis.call('HSET', cursors, subscription, entry)
return 1
