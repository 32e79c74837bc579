-- Dumps all keys of a hash tag, as they are at one moment.
-- KEYS[1]: the tag, for its slot. ARGV[1]: the pattern of its keys; ARGV[2...]: names left out.
-- Answers of each key: its name, when it expires (ms since 1970; -1: never), its dump.
local left_out = {}
for i = 2, #ARGV do
  left_out[ARGV[i]] = true
end
local answer = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local name = string.match(key, '}:([^:]+)') or ''
  local dump = not left_out[name] and redis.call('DUMP', key)
  if dump then
    answer[#answer + 1] = key
    answer[#answer + 1] = redis.call('PEXPIRETIME', key)
    answer[#answer + 1] = dump
  end
end
return answer
