#!lua flags=no-writes
-- Lists the places ("store SKU") of a partition whose levels are to be matched with wishes.
-- KEYS  ledger, matched, mark, wished, look, claims (all of one partition)
-- ARGV  now in ms or "" for the database's, most entries of the ledger, most places of `look`
-- Returns the id of the last entry read or "", how many were read, how many claims wait, the places
local now, most = now_ms(ARGV[1]), tonumber(ARGV[2])
-- A partition that was never matched begins where its ledger was trimmed.
local reached = redis.call('GET', KEYS[2]) or redis.call('GET', KEYS[3]) or '0-0'
local last, count, places, seen = '', 0, {}, {}
local has_wishes = redis.call('EXISTS', KEYS[4]) == 1

for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. reached, '+', 'COUNT', most)) do
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
      and redis.call('SISMEMBER', KEYS[4], place) == 1 then
      seen[place] = true
      places[#places + 1] = place
    end
  end
end
for _, place in ipairs(redis.call('ZRANGE', KEYS[5], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[3])) do
  if not seen[place] then places[#places + 1] = place end
end
return { last, count, redis.call('HLEN', KEYS[6]), places }
