#!lua flags=no-writes
-- Reads levels of some stores, and the units that expired holds still hold in them.
-- KEYS  policies, levels, expiry and holds of each store, in the order of ARGV
-- ARGV  for each question: now in ms or "" for the database's, its number of stores, its number of
--       SKUs, the stores, the SKUs
-- Returns for each store: policy as JSON or "", the packed levels, then SKU and units to be added
--       back for each item of an expired hold
local result, at, key = {}, 1, 1
while at <= #ARGV do
  local now, stores, count = now_ms(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local first_sku, skus = at + 3 + stores, {}
  for i = 1, count do skus[i] = ARGV[first_sku + i - 1] end
  for i = 1, stores do
    local policies, levels, expiry, holds = KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3]
    local back = {}
    for _, item in ipairs(expired_items(expiry, holds, now)) do
      back[#back + 1] = item[SKU]
      back[#back + 1] = outstanding(item)
    end
    result[#result + 1] = { redis.call('HGET', policies, ARGV[at + 2 + i]) or '',
      redis.call('HMGET', levels, unpack(skus)), back }
    key = key + 4
  end
  at = first_sku + count
end
return result
