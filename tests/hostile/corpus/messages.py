"""Replies that are forged."""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

from .entry import answers, attack

_FORGE = """
import sys, torch
from autograder.exchange.values import Made, Raised, Opaque
def call():
    frame = sys._getframe()
    while not {"channel", "request"} <= frame.f_locals.keys():
        frame = frame.f_back
    return frame.f_locals["channel"], frame.f_locals["request"]
def send(message):
    channel, request = call()
    channel.send({"id": request["id"], **message})
def outcomes(result, **more):
    one = {"result": result, "again": result, "inputs": {}, "state": {}, "differentiated": None, **more}
    send({"outcomes": [one] * len(call()[1]["probes"])})
"""
_FORGED = {
    "full_marks": (
        "Answers in the grader's name with marks.",
        'send({"earned": 2.0, "fraction": 1.0, "status": "passed"})',
    ),
    "recipe": ("Answers with a recipe that the grader might make.", 'outcomes(Made("array", {"values": [2.0]}))'),
    "error_of_no_kind": ("Answers with an exception that has no class.", "outcomes(Raised(()))"),
    "evidence_tensor": (
        "Answers with a tensor where a sentence belongs.",
        "outcomes(1.0, differentiated=torch.ones(2))",
    ),
    "inputs_tensor": (
        "Answers with tensors and lists where dicts belong.",
        "outcomes(1.0, inputs=torch.ones(2), state=[])",
    ),
    "too_few": ("Answers for one input only.", 'send({"outcomes": []})'),
    "unknown_fields": ("Answers with fields of its own.", 'send({"outcomes": [{"fraction": 1.0}]})'),
    "outcomes_tensor": ("Answers with a tensor in place of outcomes.", 'send({"outcomes": torch.ones(30)})'),
    "output_tensor": ("Sends a tensor as an output.", 'send({"output": torch.ones(3)})'),
    "output_of_wrong_types": (
        "Sends outputs made of numbers.",
        'send({"output": {"output_type": "execute_result", "data": {"text/plain": 2.0}, "execution_count": float("inf")}})',
    ),
    "not_a_dict": ("Sends a bare number.", "call()[0].send(2.0)"),
    "garbage": ("Sends bytes that are no message.", 'call()[0].sock.sendall(b"\\0\\0\\0\\x05hello" * 3)'),
    "announced": ("Announces four gigabytes.", 'call()[0].sock.sendall(b"\\xff" * 4)'),
    "half_a_message": (
        "Sends half a message and waits.",
        'call()[0].sock.sendall(b"\\0\\0\\1\\0{"); import time; time.sleep(60)',
    ),
    "deep_message": (
        "Sends JSON a hundred thousand levels deep.",
        'm = b"[" * 100_000; call()[0].sock.sendall(len(m).to_bytes(4, "big") + m)',
    ),
    "wide_message": (
        "Sends a megabyte of empty lists.",
        'm = b"[" + b"[]," * 300_000 + b"[]]"; call()[0].sock.sendall(len(m).to_bytes(4, "big") + m)',
    ),
    "false_shape": (
        "Sends a tensor whose bytes do not fill its shape.",
        'm = b\'{"dict":[["id",{"tensor":["float64",[1000000],"",true]}]]}\'; call()[0].sock.sendall(len(m).to_bytes(4, "big") + m)',
    ),
}
for _name, (_tries, _code) in _FORGED.items():
    answers(f"forged_{_name}", _tries, f"{_FORGE}\ndef answer(*args):\n    {_code}\n    return 1.0\n", cell_seconds=1)

attack(
    "forged_on_every_descriptor",
    "Finds sockets among its descriptors and by gc, and sends full marks on each.",
    """
import gc, json, os, socket
message = json.dumps({"dict": [["id", "0" * 16], ["outcomes", {"list": []}], ["earned", 2.0]]}).encode()
message = len(message).to_bytes(4, "big") + message
for descriptor in range(3, 200):
    try:
        os.write(descriptor, message)
    except OSError:
        pass
for thing in gc.get_objects():
    if isinstance(thing, socket.socket):
        thing.sendall(message)
""",
)
attack(
    "forged_ahead",
    "Answers the question before it is asked.",
    """
import sys
recorder = sys.stdout._recorder
for _ in range(3):
    recorder.channel.send({"id": recorder._id, "outcomes": []})
""",
)
