-- Sets levels of one store from a snapshot of a source.
-- KEYS  levels, ledger, sources (all of the store's partition)
-- ARGV  store, source, sequence, as_of in seconds, rows; a row is: length of the SKU B, SKU,
--       on_hand i4, safety stock I2, sell policy B, number of futures B, then for each future its
--       day I2 and its units I4; on_hand UNKNOWN: the source does not know it
-- Returns a letter for each row (feeds.lua): "a", "i" or "f"
local UNKNOWN = -2147483648
local CHUNK = 250 -- fields of one HMGET and HSET: unpack() takes only so many from Lua's stack
local store, sequence, as_of, rows = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local number = source_number(KEYS[3], ARGV[2])

local stated, at = {}, 1
while at <= #rows do
  local length = string.byte(rows, at)
  local sku = string.sub(rows, at + 1, at + length)
  local on_hand, safety, sell, futures, next = struct.unpack('<i4I2BB', rows, at + 1 + length)
  at = next + 6 * futures
  stated[#stated + 1] = { sku = sku, on_hand = on_hand, safety = safety, sell = sell,
    futures = futures, packed_futures = string.sub(rows, next, at - 1) }
end

local letters, lines = {}, {}
for from = 1, #stated, CHUNK do
  local to = math.min(from + CHUNK - 1, #stated)
  local skus, fields = {}, {}
  for i = from, to do skus[#skus + 1] = stated[i].sku end
  local stored = redis.call('HMGET', KEYS[1], unpack(skus))
  for i = from, to do
    local row, raw = stated[i], stored[i - from + 1]
    local level = raw and level_of(raw) or new_level()
    local letter = note_sequence(level, number, sequence)
    letters[i] = letter
    if letter == 'a' and row.on_hand == UNKNOWN then
      -- An as_of of 0 is never fresh. The line tells followers that the level has changed.
      if not raw or level.as_of ~= 0 then
        level.as_of, level.version = 0, level.version + 1
        lines[#lines + 1] = line_of(row.sku, level, 0, 0)
      end
      fields[#fields + 1] = row.sku
      fields[#fields + 1] = raw_of(level)
    elseif letter == 'a' then
      local change = row.on_hand - level.on_hand
      -- A snapshot repeats most levels as they are; those make no movement, only a later as_of.
      local moved = not raw or change ~= 0 or row.safety ~= level.safety
        or level.as_of == 0
      level.on_hand, level.safety, level.sell = row.on_hand, row.safety, row.sell
      level.as_of = math.max(level.as_of, as_of)
      set_futures(level, row.futures, row.packed_futures)
      if moved then
        level.version = level.version + 1
        lines[#lines + 1] = line_of(row.sku, level, change, 0)
      end
      fields[#fields + 1] = row.sku
      fields[#fields + 1] = raw_of(level)
    end
  end
  if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
end
if #lines > 0 then append(KEYS[2], store, 'set', ARGV[2], lines) end
return table.concat(letters)
