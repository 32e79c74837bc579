-- Writes stores and says what became of each.
-- KEYS  records, changes, sequence
-- ARGV  how many changes to keep; "1" to only look; then for each store: id, condition, record
--       condition: "" none, "+" it must exist, "-" it must not, else the etag that the stored
--       one must have
--       record: etag and encoded store, or "" to delete
-- Returns the sequence of the last change, then for each store:
--       "c" created, "u" changed, "d" deleted, "=" as it was, "n" not there, "m" another etag
local ETAG_LENGTH = 16
local kept, only_look = ARGV[1], ARGV[2] == '1'
local result = {0}

for i = 3, #ARGV, 3 do
  local id, condition, record = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local stored = redis.call('HGET', KEYS[1], id)
  local etag = stored and string.sub(stored, 1, ETAG_LENGTH)
  local outcome
  if not stored and condition ~= '' and condition ~= '-' then
    outcome = 'n'
  elseif stored and condition ~= '' and condition ~= '+' and condition ~= etag then
    outcome = 'm'
  elseif record == '' then
    outcome = stored and 'd' or '='
  elseif not stored then
    outcome = 'c'
  elseif etag == string.sub(record, 1, ETAG_LENGTH) then
    outcome = '='
  else
    outcome = 'u'
  end
  if not only_look and (outcome == 'c' or outcome == 'u' or outcome == 'd') then
    if outcome == 'd' then
      redis.call('HDEL', KEYS[1], id)
    else
      redis.call('HSET', KEYS[1], id, record)
    end
    local sequence = redis.call('INCR', KEYS[3])
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', kept, sequence .. '-0', 'op', outcome, 'id', id)
  end
  result[#result + 1] = outcome
end
result[1] = tonumber(redis.call('GET', KEYS[3]) or '0')
return result
