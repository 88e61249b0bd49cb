#!/bin/sh
# Makes the topics of the catalogue that are missing. REPLICATION: copies of each, 1 unless set.
# Made from contracts/topics.py by `make docs`; do not edit.
# KAFKA: servers, host:port; KAFKA_BIN: folder of Kafka's scripts; COMMAND_CONFIG: client settings (SASL, TLS), if any.
set -eu
run() {
  tool=$1
  shift
  "${KAFKA_BIN:-/opt/kafka/bin}/$tool" --bootstrap-server "$KAFKA" \
    ${COMMAND_CONFIG:+--command-config "$COMMAND_CONFIG"} "$@"
}
run kafka-topics.sh --create --if-not-exists --topic kaitsu.orders --partitions 12 --replication-factor "${REPLICATION:-1}" --config cleanup.policy=delete --config retention.ms=2592000000
run kafka-topics.sh --create --if-not-exists --topic kaitsu.works --partitions 12 --replication-factor "${REPLICATION:-1}" --config cleanup.policy=delete --config retention.ms=2592000000
run kafka-topics.sh --create --if-not-exists --topic kaitsu.billing --partitions 12 --replication-factor "${REPLICATION:-1}" --config cleanup.policy=delete --config retention.ms=2592000000
run kafka-topics.sh --create --if-not-exists --topic kaitsu.notices --partitions 12 --replication-factor "${REPLICATION:-1}" --config cleanup.policy=delete --config retention.ms=2592000000
run kafka-topics.sh --create --if-not-exists --topic kaitsu.partners.carrier --partitions 3 --replication-factor "${REPLICATION:-1}" --config cleanup.policy=delete --config retention.ms=2592000000
run kafka-topics.sh --create --if-not-exists --topic kaitsu.partners.desk --partitions 3 --replication-factor "${REPLICATION:-1}" --config cleanup.policy=delete --config retention.ms=2592000000
