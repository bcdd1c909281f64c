"""The test vectors of docs/message-vectors.json, which the tests of the other programs check too."""

import json
import pathlib
import unittest

from csvingest.ingest_pb2 import ImportMessage
from csvingest.messages import ImportWriter, UnacceptableMessage, decode
from csvingest.transactions import COLUMNS, DATASET
from google.protobuf import json_format

VECTORS = json.loads(
    (pathlib.Path(__file__).parents[3] / "docs" / "message-vectors.json").read_text(encoding="utf-8"))


def columns_of(dataset):
    return len(COLUMNS) if dataset == DATASET else None


class MessageTests(unittest.TestCase):
    def test_accepted_vectors_mean_the_same_in_both_forms(self):
        for vector in VECTORS["accepted"]:
            with self.subTest(vector["name"]):
                body = bytes.fromhex(vector["hex"])
                message = decode(body, None, columns_of)
                self.assertEqual(decode(json.dumps(vector["json"]).encode(), "application/json", columns_of).SerializeToString(),
                                 without_unknown_fields(message).SerializeToString())
                self.assertEqual(json_format.MessageToDict(message), vector["json"])

    def test_writing_an_accepted_vector_makes_its_bytes(self):
        for vector in VECTORS["accepted"]:
            if not vector.get("decodeOnly"):
                with self.subTest(vector["name"]):
                    self.assertEqual(write(json_format.ParseDict(vector["json"], ImportMessage())).hex(), vector["hex"])

    def test_rejected_vectors_are_rejected_with_their_reason(self):
        for vector in VECTORS["rejected"]:
            with self.subTest(vector["name"]), self.assertRaises(UnacceptableMessage) as raised:
                decode(bytes.fromhex(vector["hex"]), vector["contentType"], columns_of)
            self.assertEqual(raised.exception.reason, vector["reason"], vector["name"])


def without_unknown_fields(message):
    copy = ImportMessage()
    copy.CopyFrom(message)
    copy.DiscardUnknownFields()
    return copy


def write(message):
    """Writes a message with the writer that the producer uses."""
    writer = ImportWriter(message.import_id, message.dataset, message.source)
    part = message.WhichOneof("part")
    if part == "opening":
        opening = message.opening
        return writer.opening(opening.bytes, opening.started_at, opening.host, opening.user, opening.content_sha256)
    if part == "closing":
        return writer.closing(message.closing.rows_read, message.closing.slices, message.closing.content_sha256)
    records = [*message.slice.rows, *message.slice.rejections, *message.slice.duplicates]
    return writer.slice(message.slice.number, message.slice.rows_before, records, message.slice.extra_columns)


if __name__ == "__main__":
    unittest.main()
