-- Sets levels of one store from a snapshot of a source.
-- KEYS  levels, ledger, sources (all of the store's partition)
-- ARGV  store, source, sequence, as_of in seconds, rows; a row is: length of the SKU B, SKU,
--       on_hand i4, safety I2, sell policy B, futures B, then of each future day I2 and units I4
-- Returns a letter for each row: "a" applied, "i" ignored, "f" too many sources
local MOST_SOURCES = 16
local AT_ONCE = 250
local store, sequence, as_of, rows = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local number = source_number(KEYS[3], ARGV[2])

local wanted, at = {}, 1
while at <= #rows do
  local length = string.byte(rows, at)
  local sku = string.sub(rows, at + 1, at + length)
  local on_hand, safety, sell, futures, next = struct.unpack('<i4I2BB', rows, at + 1 + length)
  wanted[#wanted + 1] = { sku, on_hand, safety, sell, futures,
    string.sub(rows, next, next + 6 * futures - 1) }
  at = next + 6 * futures
end

local letters, lines = {}, {}
for from = 1, #wanted, AT_ONCE do
  local to = math.min(from + AT_ONCE - 1, #wanted)
  local skus, fields = {}, {}
  for i = from, to do skus[#skus + 1] = wanted[i][1] end
  local stored = redis.call('HMGET', KEYS[1], unpack(skus))
  for i = from, to do
    local row, raw = wanted[i], stored[i - from + 1]
    local level = raw and level_of(raw) or new_level()
    local outcome = heard(level, number, sequence, MOST_SOURCES)
    letters[i] = outcome
    if outcome == 'a' then
      local change = row[2] - level.on_hand
      local moved = not raw or change ~= 0 or row[3] ~= level.safety
      level.on_hand, level.safety, level.sell = row[2], row[3], row[4]
      level.as_of = math.max(level.as_of, as_of)
      set_futures(level, row[5], row[6])
      if moved then
        level.version = level.version + 1
        lines[#lines + 1] = line_of(row[1], level, change, 0)
      end
      fields[#fields + 1] = row[1]
      fields[#fields + 1] = raw_of(level)
    end
  end
  if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
end
if #lines > 0 then append(KEYS[2], store, 'set', ARGV[2], lines) end
return table.concat(letters)
