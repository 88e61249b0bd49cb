#!/bin/sh
# Gives each principal (a service, a partner) exactly its rights. Needs an authorizer on the brokers.
# Made from contracts/topics.py by `make docs`; do not edit.
# KAFKA: servers, host:port; KAFKA_BIN: folder of Kafka's scripts; COMMAND_CONFIG: client settings (SASL, TLS), if any.
set -eu
run() {
  tool=$1
  shift
  "${KAFKA_BIN:-/opt/kafka/bin}/$tool" --bootstrap-server "$KAFKA" \
    ${COMMAND_CONFIG:+--command-config "$COMMAND_CONFIG"} "$@"
}
run kafka-acls.sh --add --allow-principal User:intake --producer --topic kaitsu.orders
run kafka-acls.sh --add --allow-principal User:provisioning --consumer --topic kaitsu.orders --group provisioning.kaitsu.orders
run kafka-acls.sh --add --allow-principal User:notify --consumer --topic kaitsu.orders --group notify.kaitsu.orders
run kafka-acls.sh --add --allow-principal User:provisioning --producer --topic kaitsu.works
run kafka-acls.sh --add --allow-principal User:billing --consumer --topic kaitsu.works --group billing.kaitsu.works
run kafka-acls.sh --add --allow-principal User:notify --consumer --topic kaitsu.works --group notify.kaitsu.works
run kafka-acls.sh --add --allow-principal User:billing --producer --topic kaitsu.billing
run kafka-acls.sh --add --allow-principal User:notify --consumer --topic kaitsu.billing --group notify.kaitsu.billing
run kafka-acls.sh --add --allow-principal User:notify --producer --topic kaitsu.notices
run kafka-acls.sh --add --allow-principal User:provisioning --consumer --topic kaitsu.notices --group provisioning.kaitsu.notices
run kafka-acls.sh --add --allow-principal User:carrier --producer --topic kaitsu.partners.carrier
run kafka-acls.sh --add --allow-principal User:provisioning --consumer --topic kaitsu.partners.carrier --group provisioning.kaitsu.partners.carrier
run kafka-acls.sh --add --allow-principal User:desk --producer --topic kaitsu.partners.desk
run kafka-acls.sh --add --allow-principal User:provisioning --consumer --topic kaitsu.partners.desk --group provisioning.kaitsu.partners.desk
