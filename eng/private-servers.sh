#!/usr/bin/env bash
# Runs a command with a RabbitMQ and a PostgreSQL server of its own, which listen on 127.0.0.1 and whose data is deleted in the end:
#
#   eng/private-servers.sh COMMAND…      CSVINGEST_BROKER and CSVINGEST_DATABASE are their addresses
set -euo pipefail
cd "$(dirname "$0")/.."

# They are needed even if the tests have others.
env -u CSVINGEST_TEST_BROKER -u CSVINGEST_TEST_DATABASE eng/install-servers.sh

folder=$(mktemp -d "${TMPDIR:-/tmp}/csvingest-servers.XXXXXX")
rabbitmq=$(command -v /usr/lib/rabbitmq/bin/rabbitmq-server || command -v rabbitmq-server)
postgres=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | sort --version-sort | tail -n 1 || command -v postgres)")
# PostgreSQL does not run as root.
as_postgres=()
if [ "$(id -u)" -eq 0 ]; then
  as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
fi
processes=()

stop() {
  trap - EXIT
  [ ! -s "$folder/rabbitmq/pid" ] || kill "$(<"$folder/rabbitmq/pid")" 2>/dev/null || true
  [ ! -s "$folder/postgres/data/postmaster.pid" ] || kill -INT "$(head -n 1 "$folder/postgres/data/postmaster.pid")" 2>/dev/null || true
  [ ${#processes[@]} -eq 0 ] || wait "${processes[@]}" 2>/dev/null || true
  # The port mapper outlives the server.
  [ -z "${ERL_EPMD_PORT-}" ] || epmd -kill >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

# A port that is free now, from a part of the range that systems do not give to outgoing connections.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

start_rabbitmq() {
  local data=$folder/rabbitmq
  mkdir "$data"
  echo '[].' >"$data/enabled_plugins"
  amqp_port=$(free_port)
  ERL_EPMD_PORT=$(free_port)
  export ERL_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
  HOME=$data RABBITMQ_NODENAME=csvingest-$amqp_port@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$amqp_port \
    RABBITMQ_DIST_PORT=$(free_port) RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' \
    RABBITMQ_MNESIA_BASE=$data/data RABBITMQ_LOG_BASE=$data/log RABBITMQ_PID_FILE=$data/pid \
    RABBITMQ_ENABLED_PLUGINS_FILE=$data/enabled_plugins RABBITMQ_CONFIG_FILE=$data/none RABBITMQ_CONF_ENV_FILE=$data/none \
    "$rabbitmq" >"$data/output" 2>&1 &
  processes+=($!)
}

start_postgres() {
  local data=$folder/postgres
  mkdir "$data"
  database_port=$(free_port)
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s' "$password" >"$data/password"
  if [ ${#as_postgres[@]} -gt 0 ]; then
    chmod a+x "$folder"
    chown -R postgres: "$data"
  fi
  "${as_postgres[@]}" "$postgres/initdb" --pgdata "$data/data" --username csvingest --auth scram-sha-256 --pwfile "$data/password" \
    --encoding UTF8 --locale C --no-sync >"$data/output" 2>&1 || fail PostgreSQL "$data/output"
  "${as_postgres[@]}" "$postgres/postgres" -D "$data/data" -c port="$database_port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$data" >>"$data/output" 2>&1 &
  processes+=($!)
}

fail() {
  echo "eng/private-servers.sh: $1 did not start. Its output:" >&2
  cat "$2" >&2
  exit 1
}

# wait_for NAME PORT OUTPUT: waits up to a minute until the server accepts connections.
wait_for() {
  local attempt
  for ((attempt = 0; attempt < 600; attempt++)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then return; fi
    sleep 0.1
  done
  fail "$1" "$3"
}

echo "Starting a RabbitMQ and a PostgreSQL server" >&2
start_rabbitmq
start_postgres
wait_for PostgreSQL "$database_port" "$folder/postgres/output"
wait_for RabbitMQ "$amqp_port" "$folder/rabbitmq/output"

for name in ${!CSVINGEST_@}; do unset "$name"; done
export CSVINGEST_BROKER=amqp://guest:guest@127.0.0.1:$amqp_port
export CSVINGEST_DATABASE=postgres://csvingest:$password@127.0.0.1:$database_port/postgres
"$@"
