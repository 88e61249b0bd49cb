"""The provisioning consumer end to end, beside a bare loop that writes the same rows, on real Kafka and PostgreSQL."""
