"""What a producer remembers of an unfinished import, so that the same command resumes it with the same slices."""

import datetime
import fcntl
import json
import os
import uuid

from csvingest.program import TEMPORARY, UNUSABLE_FILE, Failure


class ImportState:
    """
    The state file of an import. Its first line, in JSON, is written to disk before anything is published. Each further line is the number
    of a confirmed slice. If the last ones are lost, their slices are published again, which the ledger makes harmless.
    """

    def __init__(self, path, job, restart=False):
        """Continues the import that the file describes, or begins one. The job is everything that determines its messages."""
        self._path = path
        self._file = self._open()
        if restart:
            self._file.truncate(0)
        lines = self._file.read().split("\n")
        # What follows the last line end was cut off by a crash.
        header, confirmed = lines[0] if len(lines) > 1 else "", lines[1:-1]
        if header:
            self._continue(json.loads(header), job, confirmed)
        else:
            self._begin(job)

    def confirm(self, number):
        """The slice, and all before it, are confirmed."""
        self.confirmed = number
        self._file.write(f"{number}\n")
        self._file.flush()

    def finish(self):
        """The closing is confirmed: nothing is left to resume."""
        os.unlink(self._path)
        self._file.close()

    def _open(self):
        # Neither truncated nor replaced before the lock is held.
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure(TEMPORARY, f"Another producer is working on this import ({self._path}). Wait for its end.") from error
        return file

    def _begin(self, job):
        self.is_new = True
        self.job = job
        self.import_id = str(uuid.uuid4())
        self.started_at = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        self.confirmed = 0
        self._file.truncate(0)
        self._file.seek(0)
        self._file.write(json.dumps({"import": self.import_id, "startedAt": self.started_at, "job": job}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        folder = os.open(os.path.dirname(os.path.abspath(self._path)), os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _continue(self, saved, job, confirmed):
        changed = [name for name in {**saved["job"], **job} if saved["job"].get(name) != job.get(name)]
        if changed:
            name = changed[0]
            raise Failure(
                UNUSABLE_FILE,
                f"An unfinished import began with another {name}: {saved['job'].get(name)}; now it is {job.get(name)}. "
                "Run the command as before to resume it, or pass --restart to discard it and start a new import.")
        self.is_new = False
        self.job = job
        self.import_id = saved["import"]
        self.started_at = saved["startedAt"]
        self.confirmed = int(confirmed[-1]) if confirmed else 0
        # Begin the next line where the last whole one ends.
        self._file.seek(0)
        self._file.truncate(len(self._file.read().rpartition("\n")[0]) + 1)
        self._file.seek(0, os.SEEK_END)
