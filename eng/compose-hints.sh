#!/usr/bin/env bash
# Prints where to reach the containers and what to do next.
set -euo pipefail
cd "$(dirname "$0")/.."

cat <<END

Import a file           docker compose run --rm producer --file /data/contacts.csv
Show its rejected rows  docker compose run --rm --entrypoint cat producer /out/contacts.errors.csv
Show what happened      docker compose exec consumer consumer status
Start more consumers    make scale N=5
RabbitMQ management     http://$(docker compose port rabbitmq 15672), user csvingest, password in .env
END
