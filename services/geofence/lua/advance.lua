-- Moves the cursor of a subscription forward, never back.
-- KEYS  cursors
-- ARGV  subscription, entry
-- Returns 1 when it moved
local function parts(id)
  local at = string.find(id, '-')
  return tonumber(string.sub(id, 1, at - 1)), tonumber(string.sub(id, at + 1))
end
local cursor = redis.call('HGET', KEYS[1], ARGV[1])
if not cursor or cursor == '-' then return 0 end
local old_ms, old_n = parts(cursor)
local new_ms, new_n = parts(ARGV[2])
if new_ms < old_ms or (new_ms == old_ms and new_n <= old_n) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
