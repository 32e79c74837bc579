-- Takes a lease in several quotas of one slot, or in none of them; with it, lists what is leased.
-- KEYS  quotas (see leases.lua), then a list if it is to be listed
-- ARGV  now in ms or "" for the database's, what is leased, life of the lease in ms, entry of the
--       list or "", how long in ms it stays past the lease, most entries, then the most leases of
--       each quota; 0 is no limit
-- Returns 0, or the number of the first quota that is full
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local leased, until_ms, entry = ARGV[2], now + tonumber(ARGV[3]), ARGV[4]
local quotas, most = {}, {}
for i = 1, #ARGV - 6 do
  quotas[i], most[i] = KEYS[i], ARGV[6 + i]
end

local full = full_quota(quotas, most, leased, now)
if full then return full end
take_lease(quotas, leased, until_ms)
if entry ~= '' then
  list_leased(KEYS[#quotas + 1], entry, until_ms + tonumber(ARGV[5]), tonumber(ARGV[6]), now)
end
return 0
