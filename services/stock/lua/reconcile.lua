#!lua flags=no-writes
-- Reads all of a store at one moment, to be compared with its ledger.
-- KEYS  levels, holds, checkpoint
-- Returns the SKUs with their packed levels, the holds, the checkpoint's fields with their values
return {
  redis.call('HGETALL', KEYS[1]), redis.call('HVALS', KEYS[2]), redis.call('HGETALL', KEYS[3])
}
