#!/usr/bin/python3
"""Publishes transactions to CsvIngest, from a CSV file or made up. README.md in this folder describes it."""

import csv
import getpass
import json
import os
import socket
import sys
import uuid

from csvingest import program
from csvingest.broker import Broker, Publisher
from csvingest.ingest_pb2 import Duplicate, Rejection, Row
from csvingest.messages import ImportWriter
from csvingest.program import Failure, log
from csvingest.state import ImportState
from csvingest.transactions import COLUMNS, DATASET, CsvFile, events

# A slice ends before its number of rows if it has this many bytes, as in the other producer: far below every broker's limit.
MAX_SLICE_BYTES = 1024 * 1024


class FileSource:
    """The rows of a CSV file."""

    def __init__(self, path):
        try:
            file = open(path, "rb")
        except FileNotFoundError as error:
            raise Failure(program.NO_FILE, f"{path} does not exist.") from error
        status = os.fstat(file.fileno())
        self.name = os.path.basename(path)
        self.size = status.st_size
        self.state_folder = os.path.dirname(path)
        self.job = {"path": os.path.abspath(path), "size": status.st_size, "time": status.st_mtime_ns}
        self._csv = CsvFile(file)
        self.extra_columns = self._csv.extra_columns

    def records(self, import_id):
        return self._csv

    def content_sha256(self):
        """The hash of the file, after all records have been read."""
        return self._csv.content_sha256


class EventSource:
    """Made-up transactions."""

    name = "events"
    size = 0
    state_folder = ""
    extra_columns = ()

    def __init__(self, count, accounts, seed):
        self.job = {"events": count, "accounts": accounts, "seed": seed}

    def records(self, import_id):
        # Without a seed, each import has events of its own, and still the same ones when it is resumed.
        seed = import_id if self.job["seed"] is None else self.job["seed"]
        return events(self.job["events"], self.job["accounts"], seed)

    def content_sha256(self):
        return ""


def main():
    options = parse_arguments()
    source = FileSource(options.file) if options.file else EventSource(options.events, options.accounts, options.seed)
    if options.dry_run:
        print_rows(source)
        return 0
    broker = Broker(
        program.setting(options.broker, "CSVINGEST_BROKER", "amqp://localhost"),
        program.setting(options.queue, "CSVINGEST_QUEUE", "csv-ingest"))
    job = {**source.job, "rows-per-message": options.rows_per_message, "queue": broker.queue}
    state = ImportState(state_path(program.setting(options.state, "CSVINGEST_STATE"), source), job, options.restart)
    publisher = Publisher(broker, options.broker_timeout)
    try:
        counts = publish_import(source, state, publisher)
    except (Failure, program.Interrupted):
        log(f"{state.confirmed} slices confirmed so far. Run the same command again to resume.")
        raise
    finally:
        publisher.close()
    state.finish()
    report(source, state, counts, options.json)
    return 0


def publish_import(source, state, publisher):
    """Publishes what is not confirmed. Returns the number of rows by type of record."""
    writer = ImportWriter(state.import_id, DATASET, source.name)
    if state.confirmed == 0:
        log(f"Importing {source.name} as import {state.import_id}.")
        publisher.publish(writer.opening(source.size, state.started_at, socket.gethostname(), user_name()), urgent=True)
    else:
        log(f"Resuming after slice {state.confirmed} of import {state.import_id}.")
    counts = dict.fromkeys((Row, Rejection, Duplicate), 0)
    number = rows = 0
    for number, part in enumerate(cut(source.records(state.import_id), state.job["rows-per-message"]), start=1):
        if number > state.confirmed:
            publisher.publish(writer.slice(number, rows, part, source.extra_columns))
            state.confirm(number)
        rows += len(part)
        for record in part:
            counts[type(record)] += 1
    publisher.publish(writer.closing(rows, number, source.content_sha256()), urgent=True)
    return counts


def cut(records, rows_per_message):
    """Cuts records into slices: the same records into the same slices every time."""
    part, size = [], 0
    for record in records:
        part.append(record)
        size += record.ByteSize()
        if len(part) >= rows_per_message or size >= MAX_SLICE_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def print_rows(source):
    """Prints the valid rows as CSV."""
    output = csv.writer(sys.stdout, lineterminator="\n")
    output.writerow([*COLUMNS, *source.extra_columns])
    output.writerows(record.values for record in source.records(str(uuid.uuid4())) if isinstance(record, Row))


def report(source, state, counts, as_json):
    sent, rejected, duplicate = counts[Row], counts[Rejection], counts[Duplicate]
    rows = sent + rejected + duplicate
    if as_json:
        print(json.dumps({
            "import": state.import_id, "source": source.name, "dataset": DATASET,
            "rowsRead": rows, "rowsSent": sent, "rowsRejected": rejected, "rowsDuplicate": duplicate}))
    else:
        print(f"{source.name}: {rows} rows read, {sent} sent, {rejected} rejected, {duplicate} duplicate; import {state.import_id}")


def user_name():
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a user that has no name.
        return ""


def state_path(folder, source):
    return os.path.join(folder if folder is not None else source.state_folder, f".{source.name}.csvingest-python")


def parse_arguments():
    parser = program.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", help="a CSV file in UTF-8 with the columns " + ", ".join(COLUMNS))
    source.add_argument("--events", type=program.positive, metavar="N", help="publish N made-up transactions")
    parser.add_argument("--accounts", type=program.positive, default=20, help="with --events: the number of accounts (default: 20)")
    parser.add_argument("--seed", type=int, help="with --events: the same seed makes the same events (default: random)")
    parser.add_argument("--broker", help="amqp://user:password@host:port/vhost (default: CSVINGEST_BROKER, or amqp://localhost)")
    parser.add_argument("--queue", help="the queue (default: CSVINGEST_QUEUE, or csv-ingest)")
    parser.add_argument("--rows-per-message", type=program.positive, default=200, help="the number of rows per message (default: 200)")
    parser.add_argument("--broker-timeout", type=float, default=30, help="how many seconds to wait for the broker (default: 30)")
    parser.add_argument("--state", help="the folder for the state file (default: CSVINGEST_STATE, or that of the file)")
    parser.add_argument("--restart", action="store_true", help="discard an unfinished import and start a new one")
    parser.add_argument("--dry-run", action="store_true", help="publish nothing, and print the valid rows as CSV")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    program.run(main)
