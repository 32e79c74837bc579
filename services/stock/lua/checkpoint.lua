-- Trims the oldest part of a partition's ledger, and adds its changes to the sums of its stores.
-- KEYS  ledger, mark, then the checkpoint of each store
-- ARGV  mark as it was read, the new one (the id of the last entry), the id after it, then for each
--       store the change of on_hand and of reserved
-- Returns 1, or 0 when another worker was faster: its sums must not be added twice
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
for i = 3, #KEYS do
  redis.call('HINCRBY', KEYS[i], 'on_hand', ARGV[2 * i - 2])
  redis.call('HINCRBY', KEYS[i], 'reserved', ARGV[2 * i - 1])
end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[3])
return 1
