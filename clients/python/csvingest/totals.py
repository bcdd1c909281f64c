"""Sums of amounts per account, as exact decimals: in memory, and from the totals that the consumers keep in the database."""

import decimal
import sqlite3

from csvingest.messages import UnacceptableMessage, lines_of
from csvingest.program import DENIED, TEMPORARY, USAGE, Failure
from csvingest.transactions import ACCOUNT, AMOUNT, DATASET, judge

# Python rounds sums to 28 digits by default. A value has at most 1,000 digits, before and after its point together, so a sum of 10^100 rows
# has at most 2,100. A sum that would have to be rounded is an error.
_EXACT = decimal.Context(prec=2100, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.Overflow])


def add(one, other):
    """The exact sum of two decimals."""
    return _EXACT.add(one, other)


class SliceTotals:
    """
    Adds up the rows of slices. A slice counts once, however often it arrives, as long as this object lives: it does not know what others
    counted, and rows of other imports with the same transaction_id count again (the table of the consumers is what excludes those).
    """

    def __init__(self):
        self.sums = {}
        self._counted = {}

    def count(self, message):
        """
        Counts the rows of a message. Returns the accounts whose sums have changed.

        Raises UnacceptableMessage if the slice was counted with other rows.
        """
        if message.WhichOneof("part") != "slice":
            return set()
        lines = lines_of(message.slice)
        slice_id, entry = (message.import_id.lower(), message.slice.number), (min(lines), max(lines), len(lines))
        if slice_id in self._counted:
            if self._counted[slice_id] != entry:
                raise UnacceptableMessage("slice-conflict", "the slice was counted with other lines or another number of rows")
            return set()
        self._counted[slice_id] = entry
        changed = set()
        for row in message.slice.rows:
            values = [value.strip() for value in row.values]
            if judge(values) is None:
                self.sums[values[ACCOUNT]] = add(
                    self.sums.get(values[ACCOUNT], decimal.Decimal(0)), decimal.Decimal(values[AMOUNT]))
                changed.add(values[ACCOUNT])
        return changed


def stored(address):
    """
    Reads the totals of all accounts from the database of the consumers. A total is spread over several rows, called stripes, so that
    consumers do not wait for each other.
    """
    sums = {}
    for account, part in _select(address):
        sums[account] = add(sums.get(account, decimal.Decimal(0)), decimal.Decimal(part))
    return sums


_QUERY = (
    "SELECT value, \"sum\" FROM csvingest_totals "
    f"WHERE dataset = '{DATASET}' AND by_column = 'account_number' AND sum_column = 'amount'")
_NO_TABLE = "The database has no table csvingest_totals. Run `consumer migrate`."


def _select(address):
    if address.startswith("sqlite:"):
        return _select_sqlite(address.removeprefix("sqlite:"))
    if address.startswith(("postgres://", "postgresql://")):
        return _select_postgres(address)
    raise Failure(USAGE, "The database address is not of the form postgres://user:password@host/database or sqlite:FILE.")


def _select_sqlite(path):
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return connection.execute(_QUERY).fetchall()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise Failure(DENIED, _NO_TABLE) from error
        raise Failure(TEMPORARY, f"The database {path} cannot be read: {error}.") from error


def _select_postgres(address):
    try:
        import psycopg2
        from psycopg2 import errors
    except ImportError as error:
        raise Failure(USAGE, "Reading from PostgreSQL needs psycopg2 (on Debian: python3-psycopg2).") from error
    try:
        connection = psycopg2.connect(address, connect_timeout=10, application_name="csvingest-python")
        try:
            with connection.cursor() as cursor:
                cursor.execute(_QUERY)
                return cursor.fetchall()
        finally:
            connection.close()
    except errors.UndefinedTable as error:
        raise Failure(DENIED, _NO_TABLE) from error
    except psycopg2.Error as error:
        denied = "authentication failed" in str(error) or isinstance(error, psycopg2.ProgrammingError)
        raise Failure(DENIED if denied else TEMPORARY, f"The database is not available: {str(error).strip()}") from error
