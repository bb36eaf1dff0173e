"""Messages over a stream socket: a length, then the bytes of a value. Both ends treat the other as a stranger."""

from __future__ import annotations

import select
import socket
import struct
import time

from ..exchange.values import MAX_BYTES, BadValue, Value, dump, load

_LENGTH = struct.Struct("!I")
SEND_SECONDS = 60.0  # for the other end to take what no longer fits between; it may be waiting for a core


class Closed(Exception):
    """The other end is gone."""


class TooLarge(BadValue):
    """A message longer than this end takes."""


class TooLate(Exception):
    """No whole message by the deadline."""


class Channel:
    """One end of a connection. `largest` is the length of the longest message that it takes."""

    def __init__(self, sock: socket.socket, largest: int = MAX_BYTES) -> None:
        self.sock = sock
        self._largest = largest
        self._buffer = bytearray()
        self.received = 0  # bytes, so that a caller can cap them
        self.sending = False  # in the middle of a message, where an interrupt would spoil all that follows

    def fileno(self) -> int:
        return self.sock.fileno()

    def send(self, message: Value) -> None:
        """Raises Closed where the other end is gone, TooLate where it does not read for SEND_SECONDS."""
        data = dump(message)
        self.sending = True
        try:
            self.sock.settimeout(SEND_SECONDS)
            self.sock.sendall(_LENGTH.pack(len(data)) + data)
            self.sock.settimeout(None)  # a message may be long in coming: `receive` has its own deadline
        except TimeoutError as error:
            raise TooLate from error
        except OSError as error:
            raise Closed from error
        finally:
            self.sending = False

    def receive(self, deadline: float | None = None) -> Value:
        """The next message. `deadline` is a time.monotonic(); raises TooLate, Closed, TooLarge or BadValue."""
        size = _LENGTH.size
        (length,) = _LENGTH.unpack(self._buffered(size, deadline)[:size])
        if length > self._largest:
            raise TooLarge(f"a message of {length} bytes is announced; at most {self._largest} are read")
        message = bytes(self._buffered(size + length, deadline)[size : size + length])
        del self._buffer[: size + length]
        return load(message)

    def _buffered(self, count: int, deadline: float | None) -> bytearray:
        """The buffer, once it holds `count` bytes. What came before a deadline stays in it for the next try."""
        while len(self._buffer) < count:
            # What is there by now has come in time, however late this process gets to look.
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self.sock], [], [], left)[0]:
                raise TooLate
            try:
                chunk = self.sock.recv(1 << 16)
            except OSError as error:
                raise Closed from error
            if not chunk:
                raise Closed
            self.received += len(chunk)
            self._buffer += chunk
        return self._buffer

    def close(self) -> None:
        self.sock.close()
