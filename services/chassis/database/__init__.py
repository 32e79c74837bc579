"""Redis or Valkey: clients, scripts, replication, the embedded server, backups."""
