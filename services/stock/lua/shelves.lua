#!lua flags=no-writes
-- Lists the SKUs that a store has on the shelf (on_hand above the safety stock; holds do not count).
-- KEYS  levels
-- Returns one text: each SKU with its length B before it
local result, stored = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local on_hand, _, safety = struct.unpack('<i4I4I2', stored[i + 1])
  if on_hand > safety then result[#result + 1] = string.char(#stored[i]) .. stored[i] end
end
return table.concat(result)
