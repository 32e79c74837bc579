#!lua flags=no-writes
-- Answers questions about levels of some stores, and what their expired holds still seem to hold.
-- KEYS  policies, levels, expiry and holds of each store, in the order of ARGV
-- ARGV  of each question: now in ms or "" for the server's, how many stores and how many SKUs it is
--       about, the stores, the SKUs
-- Returns for each store: policy as JSON or "", the packed levels, then SKU and units of what is
--       to be added back
local result, at, key = {}, 1, 1
while at <= #ARGV do
  local now, stores, count = now_ms(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local first_sku, skus = at + 3 + stores, {}
  for i = 1, count do skus[i] = ARGV[first_sku + i - 1] end
  for i = 1, stores do
    local policies, levels, expiry, holds = KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3]
    local back = {}
    for _, id in ipairs(redis.call('ZRANGE', expiry, '-inf', now, 'BYSCORE')) do
      local raw = redis.call('HGET', holds, id)
      local hold = raw and cjson.decode(raw)
      if hold and LIVE[hold.st] then
        for _, item in ipairs(hold.l) do
          back[#back + 1] = item[1]
          back[#back + 1] = item[3] - item[4]
        end
      end
    end
    result[#result + 1] = { redis.call('HGET', policies, ARGV[at + 2 + i]) or '',
      redis.call('HMGET', levels, unpack(skus)), back }
    key = key + 4
  end
  at = first_sku + count
end
return result
