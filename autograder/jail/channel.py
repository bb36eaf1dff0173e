"""Messages over a stream socket: a length, then the bytes of a value. Both ends treat the other as a stranger."""

from __future__ import annotations

import select
import socket
import struct
import time

from ..values import MAX_BYTES, BadValue, Value, dump, load

_LENGTH = struct.Struct("!I")


class Closed(Exception):
    """The other end is gone."""


class TooLate(Exception):
    """No whole message by the deadline."""


class Channel:
    """One end of a connection. Descriptor 0 is never used for it, so a child's stdin stays empty."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = bytearray()
        self.received = 0  # bytes, so that a caller can cap them

    def fileno(self) -> int:
        return self.sock.fileno()

    def send(self, message: Value) -> None:
        """Raises Closed where the other end is gone, TooLate where it does not read for five seconds."""
        data = dump(message)
        try:
            self.sock.settimeout(5.0)
            self.sock.sendall(_LENGTH.pack(len(data)) + data)
        except TimeoutError as error:
            raise TooLate from error
        except OSError as error:
            raise Closed from error

    def receive(self, deadline: float | None = None) -> Value:
        """The next message. `deadline` is a time.monotonic(); raises TooLate, Closed or BadValue."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if length > MAX_BYTES:
            raise BadValue(f"a message of {length} bytes is announced; at most {MAX_BYTES} are read")
        return load(self._exactly(length, deadline))

    def _exactly(self, count: int, deadline: float | None) -> bytes:
        while len(self._buffer) < count:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                    raise TooLate
            try:
                chunk = self.sock.recv(1 << 16)
            except OSError as error:
                raise Closed from error
            if not chunk:
                raise Closed
            self.received += len(chunk)
            self._buffer += chunk
        data, self._buffer = bytes(self._buffer[:count]), self._buffer[count:]
        return data

    def close(self) -> None:
        self.sock.close()
