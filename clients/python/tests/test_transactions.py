"""Reading CSV files, making events, cutting them into slices, and resuming."""

import io
import os
import tempfile
import unittest

import producer
from csvingest.ingest_pb2 import Duplicate, Rejection, Row
from csvingest.program import Failure
from csvingest.state import ImportState
from csvingest.transactions import COLUMNS, CsvFile, events, judge

HEADER = ",".join(COLUMNS).encode() + b"\n"
REST = b"ACC-1,,2026-01-01T00:00:00Z,1.00"


def read(content):
    return list(CsvFile(io.BytesIO(content)))


class CsvFileTests(unittest.TestCase):
    def test_every_record_has_one_fate_and_its_line(self):
        records = read(
            HEADER + b"t-1," + REST + b"\n\nt-1," + REST + b"\n\"t\n2\"," + REST + b"\nt-3\nt-4," + REST + b",x\n"
            + b"t-5,\xff,,2026-01-01,1\nt-6,ACC-1,,2026-01-01T00:00Z,1e3\n\"t-7\"x," + REST + b"\nt-8," + REST)
        self.assertEqual(
            [(type(record), record.line, getattr(record, "code", "")) for record in records],
            [(Row, 2, ""), (Duplicate, 4, ""), (Row, 5, ""), (Rejection, 7, "too-few-fields"), (Rejection, 8, "too-many-fields"),
             (Rejection, 9, "invalid-encoding"), (Rejection, 10, "invalid-number"), (Rejection, 11, "unbalanced-quote"), (Row, 12, "")])
        self.assertEqual(records[5].raw, b"t-5,\xff,,2026-01-01,1")

    def test_a_rejected_row_does_not_make_a_later_one_a_duplicate(self):
        records = read(HEADER + b"t-1,ACC-1,,2026-01-01T00:00Z,one\nt-1," + REST + b"\n")
        self.assertEqual([type(record) for record in records], [Rejection, Row])

    def test_columns_may_come_in_any_order_and_others_are_extra_columns(self):
        file = CsvFile(io.BytesIO(
            b"\xef\xbb\xbfbranch,amount,transaction_datetime,transaction_reference,account_number,transaction_id\r\n"
            b" Kiel ,1,2026-01-01T00:00Z,,ACC-1, t-1 \r\n"))
        self.assertEqual(list(next(iter(file)).values), ["t-1", "ACC-1", "", "2026-01-01T00:00Z", "1", " Kiel "])
        self.assertEqual(file.extra_columns, ["branch"])

    def test_a_header_without_the_columns_is_unusable(self):
        with self.assertRaises(Failure) as raised:
            read(b"a,b\n1,2\n")
        self.assertEqual(raised.exception.exit_code, 65)
        self.assertIn("lacks transaction_id", str(raised.exception))

    def test_values_are_judged_by_the_rules_of_the_dataset(self):
        good = ["t", "a", "", "2026-02-28T23:59:59.5+02:00", "-0.01"]
        self.assertIsNone(judge(good))
        for index, value, code in [
                (0, "", "missing-value"), (0, "x" * 201, "too-long"), (1, "", "missing-value"), (1, "a\0", "forbidden-character"),
                (3, "2026-02-29T00:00:00Z", "invalid-timestamp"), (3, "2026-01-01", "invalid-timestamp"),
                (3, "2026-01-01T24:00:00Z", "invalid-timestamp"), (3, "0001-01-01T00:00:00+01:00", "invalid-timestamp"),
                (4, "1,5", "invalid-number"), (4, "٣", "invalid-number"), (4, "1" * 1001, "invalid-number"), (4, ".", "invalid-number")]:
            with self.subTest(value=value):
                self.assertEqual(judge(good[:index] + [value] + good[index + 1:])[:2], (COLUMNS[index], code))


class EventTests(unittest.TestCase):
    def test_the_same_seed_makes_the_same_events(self):
        self.assertEqual(list(events(50, 3, 7)), list(events(50, 3, 7)))
        self.assertNotEqual(list(events(50, 3, 7)), list(events(50, 3, 8)))

    def test_events_are_valid_and_unique(self):
        rows = list(events(1000, 20, "seed"))
        self.assertEqual([judge(row.values) for row in rows], [None] * 1000)
        self.assertEqual(len({row.values[0] for row in rows}), 1000)
        self.assertEqual(len({row.values[1] for row in rows}), 20)

    def test_records_are_cut_by_number_and_by_size(self):
        rows = list(events(10, 3, 7))
        self.assertEqual([len(part) for part in producer.cut(rows, 4)], [4, 4, 2])
        large = Row(line=1, values=["x" * producer.MAX_SLICE_BYTES])
        self.assertEqual([len(part) for part in producer.cut([large, rows[0], rows[1]], 4)], [1, 2])


class ImportStateTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "state")

    def test_an_unfinished_import_is_continued_after_its_last_confirmed_slice(self):
        begun = self.killed(ImportState(self.path, {"seed": 1}), 17)
        continued = ImportState(self.path, {"seed": 1})
        self.assertEqual((continued.import_id, continued.started_at, continued.confirmed), (begun.import_id, begun.started_at, 17))
        continued.finish()
        self.assertFalse(os.path.exists(self.path))

    def test_a_line_that_was_cut_off_by_a_crash_does_not_count(self):
        self.killed(ImportState(self.path, {"seed": 1}), 17)
        with open(self.path, "a", encoding="ascii") as file:
            file.write("1")
        continued = self.killed(ImportState(self.path, {"seed": 1}), 18)
        self.assertEqual(ImportState(self.path, {"seed": 1}).confirmed, 18)
        self.assertEqual(continued.confirmed, 18)

    def test_another_command_is_rejected_until_it_restarts(self):
        begun = self.killed(ImportState(self.path, {"seed": 1}), 17)
        with self.assertRaises(Failure) as raised:
            ImportState(self.path, {"seed": 2})
        self.assertEqual(raised.exception.exit_code, 65)
        self.assertIn("another seed: 1; now it is 2", str(raised.exception))
        restarted = ImportState(self.path, {"seed": 2}, restart=True)
        self.assertEqual(restarted.confirmed, 0)
        self.assertNotEqual(restarted.import_id, begun.import_id)

    def test_two_producers_cannot_work_on_one_import(self):
        first = ImportState(self.path, {"seed": 1})
        with self.assertRaises(Failure) as raised:
            ImportState(self.path, {"seed": 1})
        self.assertEqual(raised.exception.exit_code, 75)
        first.finish()

    @staticmethod
    def killed(state, confirmed):
        state.confirm(confirmed)
        state._file.close()
        return state


if __name__ == "__main__":
    unittest.main()
