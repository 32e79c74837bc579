"""Access to the database, Redis or Valkey: clients, scripts, replication, backup.

client       a client of one server or of a cluster, by an address; Lua scripts as functions
cluster      the client of a cluster; connections: how commands are sent
observed     spans, counts of failures, gauges of connections
failures     exceptions of the database, and the errors that clients see
replication  scripts whose changes are acknowledged once replicas have them
facts        version and durability, as the servers report them
embedded     the Valkey of a data folder
backup       all keys into a file, and back; backup_file: the file
"""
