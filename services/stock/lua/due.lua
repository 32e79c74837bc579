#!lua flags=no-writes
-- Lists stores of a partition that have holds to end or to delete.
-- KEYS  due
-- ARGV  now in ms or "" for the database's, how many at most
-- Returns the stores
return redis.call('ZRANGE', KEYS[1], '-inf', now_ms(ARGV[1]), 'BYSCORE', 'LIMIT', 0, ARGV[2])
