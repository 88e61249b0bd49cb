"""The embedded runtime: a real PostgreSQL, a real Apache Kafka and the services, as children of one process."""
