"""The parts that all servers of the suite share. It knows no domain: no store, stock or fence.

errors     the one family of errors, and how gRPC sends them
settings   the variables of every process, and names that variables no longer have
clock      the clock as an argument
caller     the caller of the call that is being answered
keyring    keys that sign receipts, anchors and page tokens, and hash device ids
tasks      background tasks that surely end

serving    a gRPC server: calls, admission under load, health, metrics and probes
access     roles, API keys, tokens and certificates; limits of each caller
database   Redis or Valkey: clients, scripts, replication, failures, backup, the embedded Valkey
loops      loops that go on when the database fails, and how far one has come
messages   parts of requests and answers: masks, pages, instants, signed text, QR codes
processes  child processes: the supervisor, their end, locks of folders, log files
telemetry  logs, metrics, traces, and the id that a request has in all of them
"""
