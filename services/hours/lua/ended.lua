-- Appends a change for each closure that has ended, unless another worker has told it.
-- KEYS  changes, sequence, reached
-- ARGV  number of changes to keep, until when ends were told as this worker read it, until when they
--       are told now (both in ms), then for each end: the store, the time in ms
-- Returns 1, or 0 when another worker was faster
local changes_kept, before, now = ARGV[1], ARGV[2], ARGV[3]
if redis.call('GET', KEYS[3]) ~= before then return 0 end
for n = 4, #ARGV, 2 do
  local sequence = redis.call('INCR', KEYS[2])
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', changes_kept, sequence .. '-0',
    'op', 'u', 'id', ARGV[n], 'at', ARGV[n + 1], 't', 'closure.ended')
end
redis.call('SET', KEYS[3], now)
return 1
