#!/bin/sh
# Makes database and roles of every service (roles.sql). Runs inside the postgres image at its first start.
# Passwords: <SERVICE>_OWNER_PASSWORD and <SERVICE>_APP_PASSWORD.
set -eu
sql=${ROLES_SQL:-/deploy/roles.sql}
for service in intake provisioning billing notify; do
  name=$(echo "$service" | tr '[:lower:]' '[:upper:]')
  eval "owner_password=\${${name}_OWNER_PASSWORD:?} app_password=\${${name}_APP_PASSWORD:?}"
  psql --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" \
    -v service="$service" -v owner_password="$owner_password" -v app_password="$app_password" -f "$sql"
done
