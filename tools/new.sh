#!/usr/bin/env bash
# new.sh migration SERVICE NAME PHASE | new.sh adr NAME: writes the next numbered, empty file and prints its name.
set -euo pipefail
kind=${1:-}

next() { # the number after the highest one in the folder
  local last
  last=$(cd "$1" && ls -d [0-9][0-9][0-9][0-9]* 2>/dev/null | sort | tail -n 1 | cut -c1-4) || true
  printf '%04d' $((10#${last:-0} + 1))
}

case $kind in
migration)
  service=$2 name=$3 phase=$4
  [[ -d services/$service ]] || { echo "SERVICE must be a folder of services/: got '$service'" >&2; exit 2; }
  [[ $name =~ ^[a-z0-9_]+$ && $phase =~ ^(pre|post)$ ]] || { echo "give NAME=lower_case_words and PHASE=pre|post" >&2; exit 2; }
  folder=services/$service/migrations
  mkdir -p "$folder"
  file=$folder/$(next "$folder")_${phase}_$name.sql
  printf -- '-- %s: what changes and why; %s = %s the new code serves. Forward only (ADR-0010). {app} is the serving role.\n' \
    "${name//_/ }" "$phase" "$([ "$phase" = pre ] && echo "before" || echo "after")" >"$file"
  ;;
adr)
  name=$2
  [[ $name =~ ^[a-z0-9_-]+$ ]] || { echo "give NAME=lower_case_words" >&2; exit 2; }
  mkdir -p docs/adr
  number=$(next docs/adr)
  file=docs/adr/$number-${name//_/-}.md
  printf '# %s %s\n\nStatus: proposed\nDate: %s\n\n## Context\n\n## Decision\n\n## Consequences\n\n## Enforced by\n\n## Revisit when\n' \
    "$number" "${name//[_-]/ }" "$(date +%F)" >"$file"
  ;;
*)
  echo "usage: new.sh migration SERVICE NAME PHASE | new.sh adr NAME" >&2
  exit 2
  ;;
esac
echo "$file"
