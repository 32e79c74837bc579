-- Writes records of one kind, appends their changes, and returns the outcome of each record.
-- KEYS  records (hash), changes (stream), sequence (number)
-- ARGV  number of changes to keep, the most records of the kind
--       mode: "look" writes none, "all" writes all or none, "each" writes those whose condition
--       holds
--       then for each record: id, condition, record, note
--       condition: "" none; "+" the record must exist; "-" it must not exist, except with the
--       same etag (a retry); else the etag of the stored record
--       record: etag (16 characters) and encoded message, or "" to delete
--       note: type of the event of the change, "" if the operation says it; then, after a line break,
--       the brand of the store
-- Returns the sequence of the last change, then for each record:
--       "c" created, "u" changed, "d" deleted, "=" unchanged, "n" not found, "m" etag mismatch;
--       -1 alone, with nothing written, when there would be too many records
--
-- The first pass decides each record on the stored one and on those before it in this call, so
-- that an id given twice is judged as if its first record were written. The second pass writes.
local ETAG_LENGTH = 16
local changes_kept, most, mode = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local FIRST = 4
local etags = {} -- by id, as the records before in this call leave it; false if there is none
local outcomes, refused, more = {}, false, 0

for i = FIRST, #ARGV, 4 do
  local id, condition, record = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local etag = etags[id]
  if etag == nil then
    local stored = redis.call('HGET', KEYS[1], id)
    etag = stored and string.sub(stored, 1, ETAG_LENGTH)
  end
  local wanted = record ~= '' and string.sub(record, 1, ETAG_LENGTH)
  local outcome
  if not etag and condition ~= '' and condition ~= '-' then
    outcome = 'n'
  elseif etag and condition == '-' then
    outcome = etag == wanted and '=' or 'm'
  elseif etag and condition ~= '' and condition ~= '+' and condition ~= etag then
    outcome = 'm'
  elseif not wanted then
    outcome = etag and 'd' or '='
  elseif not etag then
    outcome = 'c'
  else
    outcome = etag == wanted and '=' or 'u'
  end
  refused = refused or outcome == 'n' or outcome == 'm'
  if outcome == 'c' or outcome == 'u' or outcome == 'd' then
    etag = wanted
    more = more + (outcome == 'c' and 1 or outcome == 'd' and -1 or 0)
  end
  etags[id] = etag
  outcomes[#outcomes + 1] = outcome
end

if more > 0 and redis.call('HLEN', KEYS[1]) + more > most then
  return { -1 }
end
if mode == 'each' or (mode == 'all' and not refused) then
  local time = redis.call('TIME')
  local now_ms = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  for n, outcome in ipairs(outcomes) do
    local at = FIRST + 4 * (n - 1)
    local id, record, note = ARGV[at], ARGV[at + 2], ARGV[at + 3]
    if outcome == 'c' or outcome == 'u' or outcome == 'd' then
      if outcome == 'd' then
        redis.call('HDEL', KEYS[1], id)
      else
        redis.call('HSET', KEYS[1], id, record)
      end
      local sequence = redis.call('INCR', KEYS[3])
      local kind, brand = string.match(note, '^([^\n]*)\n?(.*)$')
      local more = {}
      if kind ~= '' then more = { 't', kind } end
      if brand ~= '' then more[#more + 1], more[#more + 2] = 'b', brand end
      redis.call('XADD', KEYS[2], 'MAXLEN', '~', changes_kept, sequence .. '-0',
        'op', outcome, 'id', id, 'at', now_ms, unpack(more))
    end
  end
end
table.insert(outcomes, 1, tonumber(redis.call('GET', KEYS[3]) or '0'))
return outcomes
