#!/usr/bin/env bash
# Creates secrets/, which docker-compose.yml reads, with new passwords, unless it exists.
set -euo pipefail
cd "$(dirname "$0")/.."

password() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

if [ -e secrets ]; then
  # Of a version that had no web program.
  for name in web-token web-read-token; do
    [ -e "secrets/$name" ] || (umask 022 && password >"secrets/$name")
  done
  exit 0
fi

broker=$(password)
database=$(password)
rm -rf secrets.new
# Nobody else on this machine can enter the folder. The files are for everybody, because each container runs as a user of its own.
install -d -m 700 secrets.new
umask 022
printf '%s\n' "amqp://csvingest:$broker@rabbitmq:5672" >secrets.new/broker
# GSS is off because its library is not in the image; the driver would report that on standard error at every start.
printf '%s\n' "postgres://csvingest:$database@postgres:5432/csvingest?gssencmode=disable" >secrets.new/database
printf 'default_user = csvingest\ndefault_pass = %s\n' "$broker" >secrets.new/rabbitmq.conf
printf '%s' "$database" >secrets.new/postgres-password
password >secrets.new/web-token
password >secrets.new/web-read-token
mv secrets.new secrets
echo "Created secrets/ with new passwords."
