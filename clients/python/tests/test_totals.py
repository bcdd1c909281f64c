"""Sums: exact, and each slice once."""

import decimal
import os
import sqlite3
import tempfile
import unittest

from csvingest.ingest_pb2 import ImportMessage
from csvingest.messages import UnacceptableMessage
from csvingest.program import Failure
from csvingest.totals import SliceTotals, stored


def slice_of(number, *rows, import_id="018f6f4e-0000-7000-8000-000000000001"):
    message = ImportMessage(import_id=import_id, dataset="transactions")
    message.slice.number = number
    for line, (account, amount) in enumerate(rows, start=100 * number):
        message.slice.rows.add(line=line, values=[f"t-{line}", account, "", "2026-01-01T00:00:00Z", amount])
    return message


class SliceTotalsTests(unittest.TestCase):
    def test_sums_are_exact_at_any_number_of_digits(self):
        totals = SliceTotals()
        self.assertEqual(totals.count(slice_of(1, ("A", "9" * 500), ("A", "0." + "1" * 500), ("B", "-0.10"))), {"A", "B"})
        self.assertEqual(totals.count(slice_of(2, ("A", "-" + "9" * 500), ("B", "0.30"))), {"A", "B"})
        self.assertEqual({account: f"{total:f}" for account, total in totals.sums.items()}, {"A": "0." + "1" * 500, "B": "0.20"})

    def test_a_slice_that_arrives_again_does_not_count_again(self):
        totals = SliceTotals()
        totals.count(slice_of(1, ("A", "1.00")))
        self.assertEqual(totals.count(slice_of(1, ("A", "1.00"))), set())
        totals.count(slice_of(1, ("A", "1.00"), import_id="018f6f4e-0000-7000-8000-000000000002"))
        self.assertEqual(totals.sums["A"], decimal.Decimal("2.00"))

    def test_a_slice_with_other_rows_is_in_conflict(self):
        totals = SliceTotals()
        totals.count(slice_of(1, ("A", "1.00")))
        with self.assertRaises(UnacceptableMessage) as raised:
            totals.count(slice_of(1, ("A", "1.00"), ("A", "1.00")))
        self.assertEqual(raised.exception.reason, "slice-conflict")
        self.assertEqual(totals.sums["A"], decimal.Decimal("1.00"))

    def test_rows_that_the_rules_reject_do_not_count(self):
        self.assertEqual(SliceTotals().count(slice_of(1, ("A", "1e3"), ("", "1"))), set())


class StoredTotalsTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "test.db")

    def test_the_stripes_of_an_account_are_added_up_exactly(self):
        database = sqlite3.connect(self.path)
        database.execute(
            "CREATE TABLE csvingest_totals (dataset TEXT, by_column TEXT, sum_column TEXT, value TEXT, stripe INTEGER, rows INTEGER, sum TEXT)")
        database.executemany("INSERT INTO csvingest_totals VALUES (?, ?, ?, ?, ?, ?, ?)", [
            ("transactions", "account_number", "amount", "A", 0, 1, "12345678901234567890123456789012345.01"),
            ("transactions", "account_number", "amount", "A", 1, 1, "-12345678901234567890123456789012345.00"),
            ("transactions", "account_number", "amount", "B", 0, 2, "0.30"),
            ("orders", "account_number", "amount", "B", 0, 2, "5"),
            ("transactions", "branch", "amount", "B", 0, 2, "7"),
        ])
        database.commit()
        database.close()
        self.assertEqual({account: str(total) for account, total in stored(f"sqlite:{self.path}").items()}, {"A": "0.01", "B": "0.30"})

    def test_a_database_without_totals_names_the_next_step(self):
        sqlite3.connect(self.path).close()
        with self.assertRaises(Failure) as raised:
            stored(f"sqlite:{self.path}")
        self.assertEqual(raised.exception.exit_code, 69)
        self.assertIn("consumer migrate", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
