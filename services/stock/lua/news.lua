#!lua flags=no-writes
-- Lists the places ("store SKU") of partitions whose levels are to be matched with wishes.
-- KEYS  ledger, matched, mark, wished, look, fires, claims, ending of each partition
-- ARGV  now in ms or "" for the database's, most entries of the ledger, most places of `look`, and most
--       alerts
-- Returns for each partition the id of the last entry read or "", how many were read, how many fires
--       and claims (those of an older version) wait, the places, when the first place is to be looked
--       at or the first alert expires, in ms from now or "", and the alerts that have expired
--       ("owner alert")
local now, most = now_ms(ARGV[1]), tonumber(ARGV[2])

local function news_of(ledger, matched, mark, wished, look, fires, claims, ending)
  -- A partition that was never matched begins where its ledger was trimmed.
  local reached = redis.call('GET', matched) or redis.call('GET', mark) or '0-0'
  local last, count, places, seen = '', 0, {}, {}
  local has_wishes = redis.call('EXISTS', wished) == 1

  for _, entry in ipairs(redis.call('XRANGE', ledger, '(' .. reached, '+', 'COUNT', most)) do
    last, count = entry[1], count + 1
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    local at, lines = 1, has_wishes and fields.d or ''
    while at <= #lines do
      local length = string.byte(lines, at)
      local sku = string.sub(lines, at + 1, at + length)
      local on_hand, reserved
      on_hand, reserved, _, _, _, _, at = struct.unpack(LINE, lines, at + 1 + length)
      local place = fields.s .. ' ' .. sku
      -- A snapshot may lower the safety stock, which its line does not tell.
      if (on_hand > reserved or fields.k == 'set') and not seen[place]
        and redis.call('SISMEMBER', wished, place) == 1 then
        seen[place] = true
        places[#places + 1] = place
      end
    end
  end
  for _, place in ipairs(redis.call('ZRANGE', look, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[3])) do
    if not seen[place] then places[#places + 1] = place end
  end
  local wait_ms = ''
  for _, key in ipairs({ look, ending }) do
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    local until_ms = first and math.max(0, first - now)
    if first and (wait_ms == '' or until_ms < tonumber(wait_ms)) then
      wait_ms = string.format('%.0f', until_ms)
    end
  end
  local expired = redis.call('ZRANGE', ending, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[3])
  return { last, count, redis.call('HLEN', fires) + redis.call('HLEN', claims), places, wait_ms, expired }
end

local result = {}
for i = 1, #KEYS, 8 do result[#result + 1] = news_of(unpack(KEYS, i, i + 7)) end
return result
