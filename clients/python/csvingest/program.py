"""What both programs share: settings, exit codes, and how they end."""

import argparse
import os
import signal
import sys

USAGE = 64
UNUSABLE_FILE = 65
NO_FILE = 66
DENIED = 69
INTERNAL = 70
FILE_ERROR = 74
TEMPORARY = 75
DEAD_LETTERED = 76
INTERRUPTED = 130


class Failure(Exception):
    """Ends the program with a message and an exit code, which means the same as that of the other programs (README.md)."""

    def __init__(self, exit_code, message):
        super().__init__(message)
        self.exit_code = exit_code


class Interrupted(Exception):
    """SIGINT, SIGTERM or SIGHUP has arrived."""


class ArgumentParser(argparse.ArgumentParser):
    """Ends the program with the exit code for invalid options."""

    def error(self, message):
        raise Failure(USAGE, f"{message[:1].upper()}{message[1:]}. Use --help for the list of options.")


def positive(text):
    """The type of an option that is a whole number from 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def log(message):
    """Writes a line to standard error. It must not contain the values of rows."""
    print(message, file=sys.stderr, flush=True)


def setting(option, variable, default=None):
    """The value of an option, or else of an environment variable, or else of the file that VARIABLE_FILE names, or else the default."""
    if option is not None:
        return option
    if variable in os.environ:
        return os.environ[variable]
    path = os.environ.get(variable + "_FILE")
    if path is None:
        return default
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError as error:
        raise Failure(USAGE, f"{variable}_FILE: {path}: {error.strerror}.") from error


def on_signal(action):
    """Calls the action on the first SIGINT, SIGTERM or SIGHUP. A second one ends the program at once."""

    def handle(number, frame):
        signal.signal(number, signal.SIG_DFL)
        action()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handle)


def interrupt():
    """What a signal does unless a program decides otherwise."""
    raise Interrupted


def run(main):
    """Calls main, and ends the program with the exit code that it returns, or with that of its failure."""
    on_signal(interrupt)
    try:
        code = main()
        sys.stdout.flush()
    except Failure as failure:
        log(str(failure))
        code = failure.exit_code
    except Interrupted:
        log("Interrupted.")
        code = INTERRUPTED
    except BrokenPipeError:
        # Nobody reads the output any more, as with `| head -1`. Python would fail once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        log(f"{error.filename or 'Standard output'}: {error.strerror}.")
        code = FILE_ERROR
    sys.exit(code)
