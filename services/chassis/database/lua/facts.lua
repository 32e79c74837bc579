#!lua flags=no-writes
-- Lists facts that wait, some of each key by chance, so that none can keep the others back.
-- KEYS  facts of each slot (hash: whom they are about -> text)
-- ARGV  how many of a key at most
-- Returns for each key the fields and their values, one after the other
local result = {}
for i, key in ipairs(KEYS) do
  -- RESP 2 answers field and value one after the other, as Lua always does.
  result[i] = redis.call('EXISTS', key) == 1
    and redis.call('HRANDFIELD', key, ARGV[1], 'WITHVALUES') or {}
end
return result
