-- Appends a change for each record that time alone has changed, unless another worker has.
-- KEYS  changes, sequence, reached
-- ARGV  number of changes to keep, until when such changes were told as this worker read it, until
--       when they are told now (both in ms), the type of their events, then for each change: the id
--       of the record, the time in ms
-- Returns 1, or 0 when another worker was faster
local changes_kept, before, now, kind = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('GET', KEYS[3]) ~= before then return 0 end
for n = 5, #ARGV, 2 do
  local sequence = redis.call('INCR', KEYS[2])
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', changes_kept, sequence .. '-0',
    'op', 'u', 'id', ARGV[n], 'at', ARGV[n + 1], 't', kind)
end
redis.call('SET', KEYS[3], now)
return 1
