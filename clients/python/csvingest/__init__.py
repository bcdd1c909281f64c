"""A client of CsvIngest in Python: what docs/message-format.md asks of a producer and of a consumer."""

import importlib.util
import sys

_missing = [name for name in ("google.protobuf", "pika") if importlib.util.find_spec(name.split(".")[0]) is None]
if _missing:
    print(
        f"{sys.executable} has no {' and no '.join(_missing)}. "
        "On Debian, install python3-protobuf and python3-pika, and use /usr/bin/python3.",
        file=sys.stderr)
    sys.exit(69)
