#!/usr/bin/python3
"""Prints the tuples (account_number, sum) of transactions, from a queue or from the database. README.md in this folder describes it."""

import json

from pika import exceptions

from csvingest import program, totals
from csvingest.broker import Broker, Outage, close, publish
from csvingest.messages import UnacceptableMessage, decode
from csvingest.transactions import COLUMNS, DATASET

# How many messages may be unacknowledged, and after how many the sums are printed at the latest.
PREFETCH = 200
# The sums that have changed are printed when nothing has arrived for this long.
IDLE_SECONDS = 0.2


def main():
    options = parse_arguments()
    write = write_json if options.json else write_text
    if options.source == "database":
        write(totals.stored(program.setting(options.database, "CSVINGEST_DATABASE", "sqlite:csvingest.db")))
        return 0
    broker = Broker(
        program.setting(options.broker, "CSVINGEST_BROKER", "amqp://localhost"),
        program.setting(options.queue, "CSVINGEST_QUEUE", "csv-ingest-python"))
    consumer = QueueConsumer(broker, write)
    program.on_signal(consumer.stop)
    consumer.run(options.drain)
    return program.DEAD_LETTERED if options.drain and consumer.dead_lettered else 0


class QueueConsumer:
    """
    Adds up the messages of a queue of its own. It prints the sums that have changed, and then acknowledges the messages that changed them:
    what it has not printed is delivered again.
    """

    def __init__(self, broker, write):
        self._broker = broker
        self._write = write
        self._totals = totals.SliceTotals()
        self._outage = Outage(broker)
        self._changed = set()
        self._stopping = False
        self.dead_lettered = 0

    def stop(self):
        """Ends run after the message in hand."""
        self._stopping = True

    def run(self, drain):
        """Runs until it is stopped, or, with drain, until the queue is empty. Reconnects as often as needed."""
        while not self._stopping:
            channel = None
            try:
                channel = self._broker.connect()
                self._outage.end()
                self._consume(channel, drain)
                return
            except (exceptions.AMQPError, OSError) as error:
                if isinstance(error, BrokenPipeError):
                    raise
                self._outage.wait(error)
            finally:
                if channel is not None:
                    close(channel.connection)

    def _consume(self, channel, drain):
        # The deliveries of an earlier connection come again. They are counted, so they change nothing.
        self._unacknowledged = []
        channel.basic_qos(prefetch_count=PREFETCH)
        for method, properties, body in channel.consume(self._broker.queue, inactivity_timeout=IDLE_SECONDS):
            if method is not None:
                self._receive(channel, method, properties, body)
            if method is None or self._stopping or len(self._unacknowledged) >= PREFETCH:
                self._print_and_acknowledge(channel)
            if self._stopping or (method is None and drain and self._is_empty(channel)):
                return

    def _receive(self, channel, method, properties, body):
        try:
            self._changed |= self._totals.count(decode(body, properties.content_type, columns_of))
        except UnacceptableMessage as fault:
            # Confirmed before the message is acknowledged.
            headers = {**(properties.headers or {}), "csvingest-reason": fault.reason, "csvingest-detail": fault.detail}
            publish(channel, self._broker.dead_letter_queue, body, properties.content_type, headers=headers)
            program.log(f"Dead-lettered a message: {fault.reason} ({fault.detail}).")
            self.dead_lettered += 1
        self._unacknowledged.append(method.delivery_tag)

    def _print_and_acknowledge(self, channel):
        if self._changed:
            self._write({account: self._totals.sums[account] for account in self._changed})
            self._changed.clear()
        if self._unacknowledged:
            channel.basic_ack(self._unacknowledged[-1], multiple=True)
            self._unacknowledged.clear()

    def _is_empty(self, channel):
        return channel.queue_declare(self._broker.queue, passive=True).method.message_count == 0


def columns_of(dataset):
    return len(COLUMNS) if dataset == DATASET else None


def write_text(sums):
    for account, total in sorted(sums.items()):
        # A value may contain anything, and this may be a terminal.
        text = account if account.isprintable() else account.encode("unicode_escape").decode("ascii")
        print(f"({text}, {total:f})", flush=True)


def write_json(sums):
    for account, total in sorted(sums.items()):
        print(json.dumps({"account_number": account, "sum": f"{total:f}"}), flush=True)


def parse_arguments():
    parser = program.ArgumentParser(description=__doc__)
    sources = parser.add_subparsers(dest="source", required=True, parser_class=program.ArgumentParser)
    queue = sources.add_parser("queue", help="add up the messages of a queue that no other consumer receives from")
    queue.add_argument("--broker", help="amqp://user:password@host:port/vhost (default: CSVINGEST_BROKER, or amqp://localhost)")
    queue.add_argument("--queue", help="the queue (default: CSVINGEST_QUEUE, or csv-ingest-python)")
    queue.add_argument("--drain", action="store_true", help="stop as soon as the queue is empty")
    database = sources.add_parser("database", help="print the totals that the consumers keep in the database")
    database.add_argument(
        "--database", help="postgres://user:password@host/database or sqlite:FILE (default: CSVINGEST_DATABASE, or sqlite:csvingest.db)")
    for source in (queue, database):
        source.add_argument("--json", action="store_true", help="print one JSON object per account")
    return parser.parse_args()


if __name__ == "__main__":
    program.run(main)
