"""Messages over a socket, whatever the other end does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from autograder.exchange.values import BadValue
from autograder.jail import channel
from autograder.jail.channel import Channel, Closed, TooLarge, TooLate

Pair = tuple[Channel, Channel]
PAST = 0.0


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = map(Channel, socket.socketpair())
    yield one, other
    one.close()
    other.close()


@pytest.mark.parametrize(
    "message", [None, "text", {"a": [1, 2.5, (True,)]}, "x" * 10**5], ids=["None", "text", "nest", "long"]
)
def test_what_is_sent_is_received(message: object, pair: Pair) -> None:
    thread = threading.Thread(target=pair[0].send, args=(message,))
    thread.start()
    assert pair[1].receive(time.monotonic() + 30) == message
    thread.join()


def test_messages_keep_their_order(pair: Pair) -> None:
    for number in range(5):
        pair[0].send(number)
    assert [pair[1].receive() for _ in range(5)] == [0, 1, 2, 3, 4]


def test_a_message_that_comes_in_pieces_survives_deadlines_between_them(pair: Pair) -> None:
    pair[0].send("whole")
    data = pair[1].sock.recv(1000)
    for piece in (data[:2], data[2:6], data[6:9]):
        pair[0].sock.sendall(piece)
        with pytest.raises(TooLate):
            pair[1].receive(time.monotonic() + 0.01)
    pair[0].sock.sendall(data[9:])
    assert pair[1].receive(time.monotonic() + 30) == "whole"


def test_nothing_by_the_deadline_is_too_late(pair: Pair) -> None:
    with pytest.raises(TooLate):
        pair[0].receive(PAST)


def test_after_sending_it_waits_for_an_answer_without_end(pair: Pair) -> None:
    """A child that was not asked for five seconds once took its grader for gone."""
    pair[0].send("hello")
    assert pair[0].sock.gettimeout() is None


def test_an_end_that_is_gone_is_closed(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(Closed):
        pair[0].receive(time.monotonic() + 30)
    with pytest.raises(Closed):
        pair[0].send("hello")


def test_who_does_not_read_is_too_late(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "SEND_SECONDS", 0.05)
    with pytest.raises(TooLate):
        pair[0].send("x" * 10**7)
    assert not pair[0].sending


def test_a_message_larger_than_it_may_be_is_not_read() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall((1001).to_bytes(4, "big"))
        with pytest.raises(TooLarge):
            Channel(other, largest=1000).receive(time.monotonic() + 30)


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"x": 1}', b"\xff", b"[" * 10_000, b'{"tensor": [1]}'], ids=repr)
def test_bytes_that_are_no_message_are_bad(data: bytes, pair: Pair) -> None:
    pair[0].sock.sendall(len(data).to_bytes(4, "big") + data)
    with pytest.raises(BadValue):
        pair[1].receive(time.monotonic() + 30)


def test_it_counts_what_it_received(pair: Pair) -> None:
    pair[0].send("x" * 1000)
    pair[1].receive()
    assert 1000 < pair[1].received < 1100
