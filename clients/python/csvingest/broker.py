"""Connects to RabbitMQ, declares the queue as docs/message-format.md describes it, and publishes with confirms."""

import logging
import ssl
import time
import urllib.parse
import uuid

import pika
from pika import exceptions

from csvingest.messages import PROTOBUF
from csvingest.program import DENIED, TEMPORARY, USAGE, Failure, log

# Openings and closings overtake slices from RabbitMQ 4.0 on.
HIGH_PRIORITY = 5

_FIRST_DELAY_SECONDS = 0.1
_MAX_DELAY_SECONDS = 5
# How often a full queue is tried. A guess: little load for a broker, and little delay for a person.
_FULL_QUEUE_SECONDS = 0.5
_ACCESS_REFUSED, _NOT_FOUND, _PRECONDITION_FAILED, _NOT_ALLOWED = 403, 404, 406, 530

# What the library logs is reported here, in one line.
logging.getLogger("pika").setLevel(logging.CRITICAL)


class Broker:
    """An address such as amqp://user:password@host:port/vhost, with several hosts separated by commas, and a queue there."""

    def __init__(self, address, queue):
        parts = urllib.parse.urlsplit(address)
        user, _, hosts = parts.netloc.rpartition("@")
        if parts.scheme not in ("amqp", "amqps") or not hosts or parts.query or parts.fragment:
            raise Failure(USAGE, "The broker address is not of the form amqp://user:password@host:port/vhost.")
        self.queue = queue
        self.dead_letter_queue = f"{queue}.dead-letter"
        self.display_address = f"{parts.scheme}://{hosts}"
        try:
            self._parameters = [
                pika.URLParameters(f"{parts.scheme}://{user + '@' if user else ''}{host}{parts.path}") for host in hosts.split(",")]
        except ValueError as error:
            raise Failure(USAGE, "The broker address is not valid: its port is not a number.") from error
        for parameters in self._parameters:
            # A connection that has died without a word is detected within a minute. A broker that blocks publishers is waited for.
            parameters.heartbeat = 20
            parameters.socket_timeout = parameters.stack_timeout = 15
            parameters.blocked_connection_timeout = None
            parameters.client_properties = {"connection_name": "csvingest-python"}

    def connect(self):
        """
        Connects, declares what is missing, and opens a channel with confirms.

        Raises Failure if the broker denies access, or an AMQPError if it is unavailable.
        """
        connection = pika.BlockingConnection(self._parameters)
        try:
            self._declare(connection)
            channel = connection.channel()
            channel.confirm_delivery()
            return channel
        except BaseException:
            close(connection)
            raise

    def explain(self, error):
        """The Failure for an error that will recur, because the broker denies access, or None for one that may pass."""
        for cause in _causes(error):
            if isinstance(cause, (exceptions.ProbableAuthenticationError, exceptions.AuthenticationError)):
                return Failure(DENIED, f"Authentication failed at {self.display_address}: wrong user name or password.")
            if isinstance(cause, exceptions.ProbableAccessDeniedError) or isinstance(cause, ssl.SSLCertVerificationError):
                return Failure(DENIED, f"Broker {self.display_address} denied access: {cause}.")
            if isinstance(cause, (exceptions.ChannelClosedByBroker, exceptions.ConnectionClosedByBroker)) and _is_denial(cause):
                return Failure(DENIED, f"Broker {self.display_address} rejected the request: {cause.reply_text}")
        return None

    def _declare(self, connection):
        # The dead-letter queue first, so that the queue never exists without it.
        queues = {
            self.dead_letter_queue: {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},
            self.queue: {
                "x-queue-type": "quorum",
                "x-delivery-limit": 20,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.dead_letter_queue,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        }
        exist = [_exists(connection, queue) for queue in queues]
        channel = connection.channel()
        for queue, arguments in queues.items():
            channel.queue_declare(queue, durable=True, arguments=arguments)
        if not all(exist):
            # The broker registers a new queue on disk with a delay, and would forget it if it were killed before. Registering another
            # one makes it write (docs/decisions/0004-young-queues.md).
            temporary = f"{self.queue}.{uuid.uuid4().hex}"
            channel.queue_declare(temporary, durable=True, arguments={"x-queue-type": "quorum", "x-expires": 60_000})
            channel.queue_delete(temporary)
        channel.close()


class Publisher:
    """Publishes one message after the other to the queue. It reconnects as often as needed."""

    def __init__(self, broker, timeout):
        """The timeout, in seconds, is how long a broker may be unavailable."""
        self._broker = broker
        self._timeout = timeout
        self._channel = None
        self._outage = Outage(broker)

    def publish(self, body, urgent=False):
        """
        Returns when the broker has confirmed the message. A message whose fate is unknown is published again, so it may arrive twice.

        Raises Failure if the broker denies access, or is unavailable for longer than the timeout.
        """
        is_full = False
        while True:
            try:
                if self._channel is None:
                    self._channel = self._broker.connect()
                publish(self._channel, self._broker.queue, body, priority=HIGH_PRIORITY if urgent else None)
                self._outage.end()
                return
            except exceptions.NackError:
                if not is_full:
                    log(f"Queue \"{self._broker.queue}\" is full. Waiting until it accepts messages.")
                is_full = True
                self._channel.connection.sleep(_FULL_QUEUE_SECONDS)
            except exceptions.UnroutableError:
                log(f"Queue \"{self._broker.queue}\" does not exist (a message was returned). It is declared again.")
                self.close()
            except (exceptions.AMQPError, OSError) as error:
                self.close()
                self._outage.wait(error, self._timeout)

    def close(self):
        """Closes the connection. The next publish opens another one."""
        if self._channel is not None:
            close(self._channel.connection)
            self._channel = None


class Outage:
    """Counts how long a broker has been unavailable, waits between attempts, and logs the beginning and the end."""

    def __init__(self, broker):
        self._broker = broker
        self._since = None
        self._delay = _FIRST_DELAY_SECONDS

    def wait(self, error, timeout=None):
        """
        Waits before the next attempt. Raises Failure if another attempt will fail too, or if the outage has lasted longer than the timeout
        in seconds; None means that there is no limit.
        """
        denial = self._broker.explain(error)
        if denial:
            raise denial from error
        now = time.monotonic()
        if self._since is None:
            self._since = now
            log(f"Broker {self._broker.display_address} is not available: {_describe(error)}. Trying again.")
        if timeout is not None and now - self._since >= timeout:
            raise Failure(TEMPORARY, f"Broker {self._broker.display_address} was not available for {timeout:g} s.") from error
        time.sleep(self._delay)
        self._delay = min(2 * self._delay, _MAX_DELAY_SECONDS)

    def end(self):
        """The broker is available."""
        if self._since is not None:
            log(f"Broker {self._broker.display_address} is available again after {time.monotonic() - self._since:.1f} s.")
        self._since = None
        self._delay = _FIRST_DELAY_SECONDS


def publish(channel, queue, body, content_type=PROTOBUF, priority=None, headers=None):
    """Publishes to a queue, persistent and mandatory. Returns when the broker has confirmed the message."""
    properties = pika.BasicProperties(
        content_type=content_type, delivery_mode=pika.spec.PERSISTENT_DELIVERY_MODE, priority=priority, headers=headers)
    channel.basic_publish(exchange="", routing_key=queue, body=body, properties=properties, mandatory=True)


def close(connection):
    """Closes a connection, which may have been lost."""
    try:
        connection.close()
    except exceptions.AMQPError:
        # It is closed.
        pass


def _exists(connection, queue):
    channel = connection.channel()
    try:
        channel.queue_declare(queue, passive=True)
    except exceptions.ChannelClosedByBroker as error:
        if error.reply_code == _NOT_FOUND:
            return False
        raise
    channel.close()
    return True


def _is_denial(closed):
    # With 530, the broker also reports a virtual host that is still starting, and a limit on connections.
    passing = "is down" in closed.reply_text or "limit" in closed.reply_text
    return closed.reply_code in (_ACCESS_REFUSED, _PRECONDITION_FAILED) or (closed.reply_code == _NOT_ALLOWED and not passing)


def _causes(error):
    """The error, and those inside it: the library wraps the error of each attempt to connect."""
    pending = [error]
    while pending:
        cause = pending.pop()
        yield cause
        pending += getattr(cause, "exceptions", ())
        inner = getattr(cause, "exception", None), *cause.args
        pending += (error for error in inner if isinstance(error, BaseException))


def _describe(error):
    causes = list(_causes(error))
    return str(causes[-1]) or type(causes[-1]).__name__
