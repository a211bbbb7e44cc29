#!/bin/sh
# For every NAME_FILE of ours in the environment (FUNDS_, AUDIT_, GATEWAY_, QINGLIU_), set NAME to what the file holds,
# then become the command.
# So a secret stands in a file and in the process, and not in the description of its container.
set -eu
# shellcheck disable=SC2154  # "file" is set by the eval
for name in $(env | sed -n 's/^\(\(FUNDS\|AUDIT\|GATEWAY\|QINGLIU\)_[A-Z_]*\)_FILE=.*/\1/p'); do
    eval "file=\$${name}_FILE"
    [ -r "$file" ] || { echo "$name: cannot read $file" >&2; exit 1; }
    export "$name=$(cat "$file")"
done
exec "$@"
