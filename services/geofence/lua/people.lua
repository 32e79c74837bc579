-- Keeps the records of people of a partition. A record begins with the version of the hash key
-- under which it stands; `keyed` counts the records of each version, so that no key is retired
-- while a record needs it. `known` has, by subject, what deliveries add to events (the member `e` of
-- a record): no event holds it, so that erasure leaves nothing of it in streams.
-- first  the index in KEYS of people, ends, keyed, known
local function keep_person(first, hash, record, end_ms)
  local people, ends, keyed, known = KEYS[first], KEYS[first + 1], KEYS[first + 2], KEYS[first + 3]
  local old = redis.call('HGET', people, hash)
  if old then
    local version = string.byte(old, 1)
    if redis.call('HINCRBY', keyed, version, -1) <= 0 then redis.call('HDEL', keyed, version) end
    redis.call('HDEL', known, cjson.decode(string.sub(old, 2)).s)
  end
  if record == '' then
    redis.call('HDEL', people, hash)
    redis.call('ZREM', ends, hash)
  else
    local parts = cjson.decode(string.sub(record, 2))
    redis.call('HSET', people, hash, record)
    redis.call('ZADD', ends, end_ms, hash)
    redis.call('HINCRBY', keyed, string.byte(record, 1), 1)
    redis.call('HSET', known, parts.s, parts.e)
  end
end
