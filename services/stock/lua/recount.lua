-- Counts the taken places of a store's slots anew: a process of before ends holds and knows no slots.
-- KEYS  slots, holds
-- Returns how many fields were wrong
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local taken, wrong = {}, 0
for _, raw in ipairs(redis.call('HVALS', KEYS[2])) do
  local hold = cjson.decode(raw)
  if LIVE[hold.st] and hold.sl then
    local field = slot_field(hold.sl)
    taken[field] = (taken[field] or 0) + 1
  end
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not taken[field] then
    redis.call('HDEL', KEYS[1], field)
    wrong = wrong + 1
  end
end
for field, count in pairs(taken) do
  if tonumber(redis.call('HGET', KEYS[1], field) or 0) ~= count then
    redis.call('HSET', KEYS[1], field, count)
    wrong = wrong + 1
  end
end
return wrong
