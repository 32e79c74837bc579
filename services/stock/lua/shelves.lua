#!lua flags=no-writes
-- Lists what a store has on its shelves, holds left out of account.
-- KEYS  levels
-- Returns the SKUs whose on_hand exceeds the safety stock, each with its length before it
local result, stored = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local on_hand, _, safety = struct.unpack('<i4I4I2', stored[i + 1])
  if on_hand > safety then result[#result + 1] = string.char(#stored[i]) .. stored[i] end
end
return table.concat(result)
