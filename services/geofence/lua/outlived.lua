-- Deletes the records of people whose time is over, in one partition.
-- KEYS  people, ends, keyed, known
-- ARGV  now in ms, how many at most
-- Returns how many were deleted
local hashes = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, hash in ipairs(hashes) do keep_person(1, hash, '', 0) end
return #hashes
