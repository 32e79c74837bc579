-- Applies the deltas of one event of a source to the levels of one store: all, or none if refused.
-- KEYS  levels, ledger, sources (all of the store's partition)
-- ARGV  store, source, sequence, as_of in seconds, then SKU and delta of each line
-- Returns a letter for each line (feeds.lua), then the levels after it; with "f" or "r" among the
--       letters nothing was changed
local MOST_UNITS = 1000000000 -- far inside the packed i4, so that sums of a group fit too
local store, sequence, as_of = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local number = source_number(KEYS[3], ARGV[2])
local letters, lines, fields, result, refused = {}, {}, {}, {}, false

for i = 5, #ARGV, 2 do
  local sku, delta = ARGV[i], tonumber(ARGV[i + 1])
  local raw = redis.call('HGET', KEYS[1], sku)
  local level = raw and level_of(raw) or new_level()
  local letter = note_sequence(level, number, sequence)
  if letter == 'a' and math.abs(level.on_hand + delta) > MOST_UNITS then letter = 'r' end
  if letter == 'a' then
    level.on_hand, level.version = level.on_hand + delta, level.version + 1
    -- A delta to a level that its source does not know leaves it unknown.
    if not raw or level.as_of ~= 0 then level.as_of = math.max(level.as_of, as_of) end
    lines[#lines + 1] = line_of(sku, level, delta, 0)
    raw = raw_of(level)
    fields[#fields + 1] = sku
    fields[#fields + 1] = raw
  end
  refused = refused or letter == 'f' or letter == 'r'
  letters[#letters + 1] = letter
  result[#result + 1] = raw or raw_of(new_level())
end
if #fields > 0 and not refused then
  redis.call('HSET', KEYS[1], unpack(fields))
  append(KEYS[2], store, 'adjust', ARGV[2], lines)
end
table.insert(result, 1, table.concat(letters))
return result
