#!lua flags=no-writes
-- Reads levels of some stores, and what their expired holds still seem to hold.
-- KEYS  policies, levels, expiry and holds of each store
-- ARGV  now in ms or "" for the server's, then the stores, then the SKUs; their counts come first
--       after now
-- Returns for each store: policy as JSON or "", the packed levels, then SKU and units of what is
--       to be added back
local now, stores, skus = now_ms(ARGV[1]), tonumber(ARGV[2]), {}
for i = 4 + stores, #ARGV do skus[#skus + 1] = ARGV[i] end
local result = {}
for i = 1, stores do
  local policies, levels, expiry, holds = KEYS[4 * i - 3], KEYS[4 * i - 2], KEYS[4 * i - 1], KEYS[4 * i]
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
  result[i] = { redis.call('HGET', policies, ARGV[3 + i]) or '',
    redis.call('HMGET', levels, unpack(skus)), back }
end
return result
