-- What the scripts of feeds share. Stands after the library and before each of them.

-- The number that stands for a source in this partition.
local function source_number(sources, name)
  local number = redis.call('HGET', sources, name)
  if number then return tonumber(number) end
  number = redis.call('HLEN', sources) + 1
  redis.call('HSET', sources, name, number)
  return number
end

local function new_level()
  return { on_hand = 0, reserved = 0, safety = 0, as_of = 0, version = 0, sell = 0, futures = 0,
    sources = 0, tail = '' }
end

-- Takes note of a source's sequence: "a" when it is news, "i" when it is late or a duplicate.
local function heard(level, number, sequence, most)
  local rest = {}
  for i = 0, level.sources - 1 do
    local known, last = struct.unpack('<I2I6', level.tail, i * 8 + 1)
    if known ~= number then
      rest[#rest + 1] = string.sub(level.tail, i * 8 + 1, i * 8 + 8)
    elseif sequence <= last then
      return 'i'
    end
  end
  if #rest >= most then return 'f' end
  local futures = string.sub(level.tail, level.sources * 8 + 1)
  level.sources = #rest + 1
  level.tail = struct.pack('<I2I6', number, sequence) .. table.concat(rest) .. futures
  return 'a'
end

local function set_futures(level, count, packed)
  level.tail = string.sub(level.tail, 1, level.sources * 8) .. packed
  level.futures = count
end
