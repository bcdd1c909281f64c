"""The dataset `transactions`: its columns and rules, a reader of CSV files, and a maker of events."""

import csv
import datetime
import hashlib
import random
import re
import uuid

from csvingest.ingest_pb2 import Duplicate, Rejection, Row
from csvingest.messages import MAX_RAW_BYTES
from csvingest.program import UNUSABLE_FILE, Failure

DATASET = "transactions"
COLUMNS = ("transaction_id", "account_number", "transaction_reference", "transaction_datetime", "amount")
KEY = COLUMNS.index("transaction_id")
ACCOUNT = COLUMNS.index("account_number")
AMOUNT = COLUMNS.index("amount")

_MAX_LENGTH = 200
_MAX_DIGITS = 1000
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,6})?)?(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?")


def is_decimal(text):
    """Whether a text is a decimal number by the rules of docs/datasets.md."""
    return _DECIMAL.fullmatch(text) is not None and sum(map(text.count, "0123456789")) <= _MAX_DIGITS


def judge(values):
    """
    Returns the column, the code and the reason for which a row is rejected, or None for a valid row.

    A producer that finds duplicates has to validate first: the earlier row with the key must be one that the consumers accept. These rules
    accept nothing that the consumers reject.
    """
    for column, value in zip(COLUMNS, values):
        if "\0" in value:
            return column, "forbidden-character", "NUL character"
        if not value and column != "transaction_reference":
            return column, "missing-value", "no value"
        if column in ("transaction_id", "account_number") and len(value) > _MAX_LENGTH:
            return column, "too-long", f"more than {_MAX_LENGTH} characters"
        if column == "transaction_datetime" and not _is_timestamp(value):
            return column, "invalid-timestamp", "not a timestamp such as 2024-05-01T10:20:30Z"
        if column == "amount" and not is_decimal(value):
            return column, "invalid-number", "not a decimal number such as 1234.56"
    return None


class CsvFile:
    """
    Reads a CSV file in UTF-8, with commas, whose header contains the names of the columns. Iterate over it once for its records: Rows,
    Rejections and Duplicates, in the order of the file, and the same ones every time.
    """

    def __init__(self, stream):
        """The stream is binary."""
        self._lines = _Lines(stream)
        # Strict, so that a quote in the wrong place is an error instead of a guess.
        self._reader = csv.reader(self._lines, strict=True)
        self._seen = set()
        self._header = self._read_header()
        self._positions = [self._header.index(column) for column in COLUMNS]
        self._extra = [i for i, name in enumerate(self._header) if name not in COLUMNS]
        self.extra_columns = [self._header[i] for i in self._extra]

    @property
    def content_sha256(self):
        """The hash of what has been read so far: after the last record, of the whole file."""
        return self._lines.sha256.hexdigest()

    def __iter__(self):
        while True:
            self._lines.taken.clear()
            line = self._lines.count + 1
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._rejection(line, "", "unbalanced-quote", f"not a CSV record ({error})")
                continue
            if fields:
                yield self._record(line, fields)

    def _read_header(self):
        try:
            header = [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            raise Failure(UNUSABLE_FILE, f"The header is not a CSV record: {error}.") from error
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            raise Failure(UNUSABLE_FILE, f"The header lacks {', '.join(missing)}. Name the columns in the first line of the file.")
        if len(set(header)) < len(header):
            raise Failure(UNUSABLE_FILE, "Two columns of the header have the same name. Rename one of them.")
        if any(not _is_text(name) or "\0" in name or len(name) > 1024 for name in header):
            raise Failure(UNUSABLE_FILE, "The name of a column is not valid UTF-8 text of at most 1,024 characters without NUL.")
        return header

    def _record(self, line, fields):
        if not all(map(_is_text, fields)):
            return self._rejection(line, "", "invalid-encoding", "not valid UTF-8")
        if len(fields) < len(self._header):
            return self._rejection(line, "", "too-few-fields", f"{len(fields)} fields; expected {len(self._header)}")
        if any(fields[len(self._header):]):
            return self._rejection(line, "", "too-many-fields", f"{len(fields)} fields; expected {len(self._header)}")
        values = [fields[position].strip() for position in self._positions]
        reason = judge(values)
        if reason:
            return self._rejection(line, *reason)
        if values[KEY] in self._seen:
            return Duplicate(line=line)
        self._seen.add(values[KEY])
        return Row(line=line, values=values + [fields[position] for position in self._extra])

    def _rejection(self, line, column, code, reason):
        raw = b"".join(self._lines.taken).rstrip(b"\r\n")
        return Rejection(line=line, column=column, code=code, reason=reason, raw=raw[:MAX_RAW_BYTES])


def events(count, accounts, seed):
    """Makes transactions: the same ones for the same arguments. The line of an event is its number."""
    made = random.Random(seed)
    start = datetime.datetime(2026, 1, 1)
    for number in range(1, count + 1):
        at = start + datetime.timedelta(seconds=61 * number)
        cents = made.randint(-499_999, 999_999)
        yield Row(line=number, values=[
            str(uuid.UUID(int=made.getrandbits(128), version=4)),
            f"ACC-{made.randint(1, accounts):07d}",
            f"EVENT-{number}",
            f"{at.isoformat()}Z",
            f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}",
        ])


class _Lines:
    """The lines of a stream as text, for csv.reader, and as bytes since `taken` was cleared. Invalid UTF-8 becomes surrogates."""

    def __init__(self, stream):
        self._stream = stream
        self.count = 0
        self.taken = []
        self.sha256 = hashlib.sha256()

    def __iter__(self):
        return self

    def __next__(self):
        line = self._stream.readline()
        if not line:
            raise StopIteration
        self.sha256.update(line)
        self.taken.append(line)
        self.count += 1
        text = line.decode("utf-8", "surrogateescape")
        return text.removeprefix("\ufeff") if self.count == 1 else text


def _is_text(value):
    try:
        value.encode("utf-8")
        return True
    except UnicodeEncodeError:
        return False


def _is_timestamp(value):
    match = _TIMESTAMP.fullmatch(value)
    if match is None:
        return False
    *moment, sign, hours, minutes = match.groups()
    offset = datetime.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if int(minutes or 0) > 59 or offset > datetime.timedelta(hours=14):
        return False
    try:
        at = datetime.datetime(*(int(number or 0) for number in moment))
        # The moment in UTC has to exist too.
        return at + (offset if sign == "-" else -offset) is not None
    except (ValueError, OverflowError):
        return False
