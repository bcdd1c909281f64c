#!/usr/bin/env bash
# Says where the containers answer and what to do next.
set -euo pipefail
cd "$(dirname "$0")/.."

cat <<END

Import a file           docker compose run --rm producer --file /data/contacts.csv
Its refused rows        docker compose run --rm --entrypoint cat producer /out/contacts.errors.csv
See what became of it   docker compose exec consumer consumer status
More consumers          make scale N=5
RabbitMQ's own pages    http://$(docker compose port rabbitmq 15672), user csvingest, password in .env
END
