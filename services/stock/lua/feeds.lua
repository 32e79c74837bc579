-- Functions that the scripts of feeds share. Loaded after the library and before each of them.
--
-- Letters that say what became of a row: "a" applied, "i" ignored (late or a duplicate), "f" refused
-- (the level has as many sources as it can remember), "r" refused (the level would be out of range).
local MOST_NUMBER = 65535 -- of the sources of a partition: 2 bytes
local MOST_SOURCES = 16 -- 8 bytes of each level of a store for each source

-- The number that stands for a source in this partition, so that a level keeps 2 bytes of its name;
-- 0 when there is none left, and then its rows are refused.
local function source_number(sources, name)
  local number = redis.call('HGET', sources, name)
  if number then return tonumber(number) end
  number = redis.call('HLEN', sources) + 1
  if number > MOST_NUMBER then return 0 end
  redis.call('HSET', sources, name, number)
  return number
end

local function new_level()
  return { on_hand = 0, reserved = 0, safety = 0, as_of = 0, version = 0, sell = 0, futures = 0,
    sources = 0, tail = '' }
end

-- Notes a source's sequence in a level, and moves the source to the front: readers show its name.
local function note_sequence(level, number, sequence)
  if number == 0 then return 'f' end
  local others = {}
  for i = 0, level.sources - 1 do
    local other, last = struct.unpack('<I2I6', level.tail, i * 8 + 1)
    if other ~= number then
      others[#others + 1] = string.sub(level.tail, i * 8 + 1, i * 8 + 8)
    elseif sequence <= last then
      return 'i'
    end
  end
  if #others >= MOST_SOURCES then return 'f' end
  local futures = string.sub(level.tail, level.sources * 8 + 1)
  level.sources = #others + 1
  level.tail = struct.pack('<I2I6', number, sequence) .. table.concat(others) .. futures
  return 'a'
end

local function set_futures(level, count, packed)
  level.tail = string.sub(level.tail, 1, level.sources * 8) .. packed
  level.futures = count
end
