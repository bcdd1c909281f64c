"""Writes and reads the messages of an import. docs/message-format.md is the contract, and its test vectors test this module."""

import re
import uuid

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from csvingest.ingest_pb2 import Duplicate, ImportMessage, Rejection, Row

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

MAX_RAW_BYTES = 4096
MAX_TEXT_LENGTH = 1024
MAX_COUNT = 2**53

_SHA256 = re.compile("[0-9a-f]{64}")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,7})?(?:Z|[+-][0-9]{2}:[0-9]{2})")


class UnacceptableMessage(Exception):
    """The message goes to the dead-letter queue. The reason is a code of docs/message-format.md, the detail a text for people."""

    def __init__(self, reason, detail):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class ImportWriter:
    """Makes the messages of one import."""

    def __init__(self, import_id, dataset, source):
        self._envelope = ImportMessage(import_id=str(import_id), dataset=dataset, source=source[-MAX_TEXT_LENGTH:])

    def opening(self, size, started_at, host, user, content_sha256=""):
        """The opening. The size is in bytes, 0 if it is unknown; the time is in RFC 3339 form."""
        message = self._copy()
        message.opening.SetInParent()
        message.opening.bytes = size
        message.opening.started_at = started_at
        message.opening.host = host
        message.opening.user = user
        message.opening.content_sha256 = content_sha256
        return _bytes(message)

    def slice(self, number, rows_before, records, extra_columns=()):
        """The slice with this number, from 1. The records are its Rows, Rejections and Duplicates."""
        message = self._copy()
        part = message.slice
        part.number = number
        part.rows_before = rows_before
        part.extra_columns.extend(extra_columns)
        lists = {Row: part.rows, Rejection: part.rejections, Duplicate: part.duplicates}
        for record in records:
            lists[type(record)].append(record)
        return _bytes(message)

    def closing(self, rows_read, slices, content_sha256=""):
        """The closing: the number of all rows, and of all slices."""
        message = self._copy()
        message.closing.SetInParent()
        message.closing.rows_read = rows_read
        message.closing.slices = slices
        message.closing.content_sha256 = content_sha256
        return _bytes(message)

    def _copy(self):
        message = ImportMessage()
        message.CopyFrom(self._envelope)
        return message


def decode(body, content_type, columns_of):
    """
    Reads a message and checks it as docs/message-format.md requires, except for the values of its rows.

    columns_of returns the number of columns of a dataset, or None if there is no such dataset. Raises UnacceptableMessage.
    """
    message = _parse(body, content_type)
    _check_uuid(message.import_id)
    columns = columns_of(message.dataset)
    if columns is None:
        raise UnacceptableMessage("unknown-dataset", "this consumer does not know the dataset that the message names")
    _check_text(message.source, "source")
    part = message.WhichOneof("part")
    _check(part is not None, "the message has neither an opening nor a slice nor a closing")
    if part == "slice":
        _check_slice(message.slice, columns)
    elif part == "closing":
        _check_closing(message.closing)
    else:
        _check_opening(message.opening)
    return message


def lines_of(part):
    """The lines of all rows of a slice, whatever their fates."""
    return [record.line for records in (part.rows, part.rejections, part.duplicates) for record in records]


def _bytes(message):
    return message.SerializeToString(deterministic=True)


def _parse(body, content_type):
    try:
        if content_type in (None, "", PROTOBUF):
            return ImportMessage.FromString(body)
        if content_type == JSON:
            return json_format.Parse(body.decode("utf-8"), ImportMessage())
    except (DecodeError, json_format.ParseError, ValueError, RecursionError) as error:
        # A ValueError is a text that is not valid Unicode.
        raise UnacceptableMessage("undecodable", f"the body is not an ImportMessage in {content_type or PROTOBUF}") from error
    raise UnacceptableMessage("undecodable", f"the content type is neither {PROTOBUF} nor {JSON}")


def _check_uuid(text):
    try:
        is_uuid = str(uuid.UUID(text)) == text.lower()
    except ValueError:
        is_uuid = False
    _check(is_uuid, "import_id is not a UUID")


def _check_slice(part, columns):
    _check(1 <= part.number < 2**31 - 1, "the slice's number is out of range")
    _check(0 <= part.rows_before <= MAX_COUNT, "rows_before is out of range")
    _check(len(set(part.extra_columns)) == len(part.extra_columns), "two extra columns have the same name")
    for name in part.extra_columns:
        _check_text(name, "the name of an extra column")
    lines = lines_of(part)
    _check(lines, "the slice has no rows")
    _check(1 <= min(lines) and max(lines) <= MAX_COUNT, "a line number is out of range")
    _check(len(set(lines)) == len(lines), "a line occurs twice in the slice")
    values = columns + len(part.extra_columns)
    for row in part.rows:
        _check(len(row.values) == values, f"the row at line {row.line} has {len(row.values)} values; expected {values}")
    for rejection in part.rejections:
        for text in (rejection.column, rejection.code, rejection.reason):
            _check_text(text, "a text of a rejection")


def _check_closing(part):
    _check(0 <= part.slices <= part.rows_read <= MAX_COUNT, "the closing has fewer rows than slices, or too many")
    _check(part.slices > 0 or part.rows_read == 0, "the closing has rows but no slices")
    _check_hash(part.content_sha256)


def _check_opening(part):
    _check(0 <= part.bytes <= MAX_COUNT, "the opening's size is out of range")
    _check(not part.started_at or _RFC_3339.fullmatch(part.started_at), "the opening's time is not in RFC 3339 form")
    _check_text(part.host, "the opening's host")
    _check_text(part.user, "the opening's user")
    _check_hash(part.content_sha256)


def _check_hash(text):
    _check(not text or _SHA256.fullmatch(text), "the content's hash is not a SHA-256 hash")


def _check_text(text, what):
    _check(len(text) <= MAX_TEXT_LENGTH, f"{what} is longer than {MAX_TEXT_LENGTH} characters")
    _check("\0" not in text, f"{what} contains a NUL character")


def _check(condition, otherwise):
    if not condition:
        raise UnacceptableMessage("invalid-message", otherwise)
