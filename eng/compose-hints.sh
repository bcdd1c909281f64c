#!/usr/bin/env bash
# Prints where to reach the containers and what to do next.
set -euo pipefail
cd "$(dirname "$0")/.."

cat <<END

Import a sample         docker compose run --rm producer --file /data/contacts.csv
Import a file           DATA_DIR=/path/to/folder docker compose run --rm producer --file /data/FILE
Show what happened      docker compose run --rm status
Upload in a browser     http://$(docker compose port web 8080), sign in with the token in secrets/web-token
Start more consumers    make scale N=5
RabbitMQ management     http://$(docker compose port rabbitmq 15672), user csvingest, password in secrets/rabbitmq.conf
END
