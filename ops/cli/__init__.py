"""The `kaitsu` command: what operators see and do, over Kafka and the services' /ops routes, never over SQL."""
