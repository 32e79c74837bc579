-- Adds searches to the unmet demand of a day, which has a bounded number of fields.
-- KEYS  demand of the day
-- ARGV  most pairs of a product and a cell, time for which the day is kept in s, then for each pair:
--       "SKU cell", searches, units
--
-- Pairs beyond the most count as one pair, "- -", so that no search is lost from the sums.
local most = 2 * tonumber(ARGV[1]) -- a pair has two fields
local count = redis.call('HLEN', KEYS[1])
for i = 3, #ARGV, 3 do
  local pair = ARGV[i]
  if count >= most and redis.call('HEXISTS', KEYS[1], pair .. ' n') == 0 then pair = '- -' end
  if redis.call('HINCRBY', KEYS[1], pair .. ' n', ARGV[i + 1]) == tonumber(ARGV[i + 1]) then
    count = count + 2
  end
  redis.call('HINCRBY', KEYS[1], pair .. ' u', ARGV[i + 2])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
