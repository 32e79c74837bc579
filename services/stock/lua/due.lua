#!lua flags=no-writes
-- Lists the stores of a partition that have something to sweep.
-- KEYS  due
-- ARGV  now in ms or "" for the server's, how many at most
-- Returns the stores
return redis.call('ZRANGE', KEYS[1], '-inf', now_ms(ARGV[1]), 'BYSCORE', 'LIMIT', 0, ARGV[2])
