-- Holds a basket at one store: the whole of it or nothing, unless a part will do.
-- KEYS  levels, holds, expiry, requests, ledger, due, policies (all of the store's partition)
-- ARGV  now in ms or "" for the server's, store, field of the request_id or "", fingerprint of the
--       request, "1" for a part, "1" to only look, freshness limit in ms, ttl in ms,
--       the hold as JSON, then SKU and quantity of each line
-- Returns what became of it, and the hold as JSON or what was wrong:
--       "new", "same" (a retry), "reused"; "short", SKU, available; "unknown", SKU;
--       "limits", SKU, least, most
local s = { levels = KEYS[1], holds = KEYS[2], expiry = KEYS[3], requests = KEYS[4],
  ledger = KEYS[5], store = ARGV[2] }
local now, request, fingerprint = now_ms(ARGV[1]), ARGV[3], ARGV[4]
local part, only_look, fresh_ms = ARGV[5] == '1', ARGV[6] == '1', tonumber(ARGV[7])

if request ~= '' then
  local known = redis.call('HGET', s.requests, request)
  if known then
    if string.sub(known, 1, #fingerprint) ~= fingerprint then return { 'reused' } end
    local hold = redis.call('HGET', s.holds, string.sub(known, #fingerprint + 2))
    if not only_look then
      tidy(s, now, 1000000)
      hold = redis.call('HGET', s.holds, string.sub(known, #fingerprint + 2)) or hold
    end
    return { 'same', hold }
  end
end

local given_back = {} -- what expired holds still seem to hold, when nothing may be written
if only_look then
  for _, id in ipairs(redis.call('ZRANGE', s.expiry, '-inf', now, 'BYSCORE')) do
    local raw = redis.call('HGET', s.holds, id)
    local hold = raw and cjson.decode(raw)
    if hold and LIVE[hold.st] then
      for _, item in ipairs(hold.l) do
        given_back[item[1]] = (given_back[item[1]] or 0) + item[3] - item[4]
      end
    end
  end
else
  tidy(s, now, 1000000)
end

local policy = redis.call('HGET', KEYS[7], s.store)
policy = policy and cjson.decode(policy) or {}
fresh_ms = policy.fresh_ms or fresh_ms
local least, most = policy.min or 1, policy.max or 0

local levels, items, total = {}, {}, 0
for i = 10, #ARGV, 2 do
  local sku, wanted = ARGV[i], tonumber(ARGV[i + 1])
  if wanted < least or (most > 0 and wanted > most) then
    return { 'limits', sku, least, most }
  end
  local raw = redis.call('HGET', s.levels, sku)
  local level = raw and level_of(raw)
  if not level or level.as_of * 1000 + fresh_ms < now then
    if not part then return { 'unknown', sku } end
    items[#items + 1] = { sku, wanted, 0, 0, 0, 0 }
  else
    local here = level.on_hand - level.reserved - level.safety + (given_back[sku] or 0)
    local sell = level.sell > 0 and level.sell or policy.sell or 1
    local room = sell > 1 and here + future_units(level) or here
    local held = math.min(wanted, math.max(room, 0))
    if held < wanted and not part then return { 'short', sku, math.max(room, 0) } end
    level.reserved = level.reserved + held
    if held > 0 then
      level.version = level.version + 1
      levels[#levels + 1] = { sku, level, held }
    end
    items[#items + 1] = { sku, wanted, held, 0, math.min(held, math.max(held - here, 0)), level.version }
    total = total + held
  end
end
if total == 0 then return { 'short', ARGV[10], 0 } end

local hold = cjson.decode(ARGV[9])
hold.l, hold.st, hold.c, hold.u, hold.rev = items, 'CONFIRMED', now, now, 1
hold.x = now + tonumber(ARGV[8])
if request ~= '' then hold.rq = { request } end
local encoded = cjson.encode(hold)
if only_look then return { 'new', encoded } end

local lines, fields = {}, {}
for _, entry in ipairs(levels) do
  fields[#fields + 1] = entry[1]
  fields[#fields + 1] = raw_of(entry[2])
  lines[#lines + 1] = line_of(entry[1], entry[2], 0, entry[3])
end
redis.call('HSET', s.levels, unpack(fields))
redis.call('HSET', s.holds, hold.id, encoded)
redis.call('ZADD', s.expiry, hold.x, hold.id)
redis.call('ZADD', KEYS[6], 'LT', hold.x, s.store)
if request ~= '' then
  redis.call('HSET', s.requests, request, fingerprint .. ':' .. hold.id)
end
append(s.ledger, s.store, 'CONFIRMED', hold.id, lines)
return { 'new', encoded }
