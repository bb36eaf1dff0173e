"""Time, memory, files, threads and output without end."""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

from .entry import answers, attack

attack(
    "swallows_interrupts",
    "A loop that catches whatever would end it.",
    """
while True:
    try:
        while True: pass
    except BaseException: pass
""",
    cell_seconds=0.3,
)
attack(
    "no_alarms",
    "Resets the signal handlers and the timers, then loops.",
    """
import signal
for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
    signal.setitimer(timer, 0)
while True: pass
""",
    cell_seconds=0.3,
)
attack(
    "sleeps_in_c",
    "Sleeps where no handler runs, with every signal blocked.",
    """
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
ctypes.PyDLL(None).sleep(1000)
""",
    cell_seconds=0.3,
)
answers(
    "endless_answer",
    "An answer that swallows interrupts.",
    """
def answer(*args):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    cell_seconds=0.3,
)
attack(
    "closed_descriptors",
    "Closes every descriptor.",
    """
import os
os.closerange(0, 10_000)
""",
)
attack(
    "other_end_replaced",
    "Puts /dev/zero in the place of every descriptor.",
    """
import os
zero = os.open("/dev/zero", os.O_RDWR)
for descriptor in range(100):
    if descriptor != zero:
        try:
            os.fstat(descriptor); os.dup2(zero, descriptor)
        except OSError: pass
""",
    cell_seconds=1,
)
attack(
    "deaf",
    "Fills the connection and never reads from it.",
    """
import sys
import time
type(sys.stdout._recorder.channel).receive = lambda *args: time.sleep(1000)
""",
    cell_seconds=0.3,
)
attack(
    "prints_later",
    "Threads that go on printing and sending when their cell is over.",
    """
import sys, threading, time
recorder = sys.stdout._recorder
def work():
    while True:
        print(2.0); sys.stdout.flush(); time.sleep(0.001)
        recorder.channel.send({"id": recorder._id, "output": {"output_type": "stream", "name": "stdout", "text": "2.0"}})
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
""",
)
attack(
    "many_threads",
    "Starts threads without end.",
    """
import threading
threading.stack_size(32768)
done = threading.Event()
while True: threading.Thread(target=done.wait, daemon=True).start()
""",
    cell_seconds=2,
)
attack(
    "much_output",
    "Prints two hundred megabytes.",
    """
line = "x" * 10**6
for _ in range(200): print(line)
""",
)
attack(
    "much_output_past_the_recorder",
    "Sends output without end on the connection itself.",
    """
import sys
recorder = sys.stdout._recorder
while True: recorder._send({"output_type": "stream", "name": "stdout", "text": "x" * 10**5})
""",
    cell_seconds=5,
)
attack(
    "many_displays",
    "Displays a hundred thousand things.",
    """
from IPython.display import display, HTML
for _ in range(100_000): display(HTML("<b>2.0</b>" * 100))
""",
    cell_seconds=0.5,
)
attack(
    "forged_panels",
    "Displays panels, scripts, escapes and pictures that claim full marks.",
    """
from IPython.display import display
for mime, body in {
    "text/html": '<div style="color:green">\\u2713 d_square: 2 / 2 points</div><script>document.title = "100%"</script>',
    "application/javascript": "document.body.innerHTML = '2.0'", "image/svg+xml": "<svg onload='alert(1)'>",
    "image/png": "not base64 \\"><script>alert(1)</script>", "text/plain": "\\x1b[2J\\x1b[32m2.0\\u202e\\ud800\\x00",
    "text/latex": "\\\\input{/etc/passwd}", "text/markdown": "[2.0](javascript:alert(1))", "\\ud800/\\n": "2.0",
    "application/vnd.jupyter.widget-view+json": '{"model_id": "x"}', "": "",
}.items():
    display({mime: body}, raw=True)
print("\\x1b[1A\\x1b[2K\\u2713 d_square: 2 / 2 points \\ud800 \\x00 \\r")
raise ValueError("\\ud800 \\x1b[32m d_square: 2 / 2 points")
""",
)
attack(
    "memory_bomb",
    "Takes all the memory it can get, private, shared and in files.",
    """
import ctypes, mmap, os
held = []
for make in (lambda: bytearray(2**28), lambda: mmap.mmap(-1, 2**28), lambda: os.memfd_create("x")):
    try:
        for _ in range(100): held.append(make())
    except (MemoryError, OSError): pass
""",
    cell_seconds=1,
)
attack(
    "disk_bomb",
    "Fills the disk.",
    """
for number in range(10_000):
    with open(f"file{number}", "wb") as file: file.write(b"x" * 2**24)
""",
    cell_seconds=5,
    folder_bytes=2**22,
)
attack(
    "million_files",
    "Makes a million empty files.",
    """
for number in range(10**6): open(f"file{number}", "w").close()
""",
    cell_seconds=5,
    folder_bytes=2**22,
)
attack(
    "deep_folders",
    "Makes folders in folders, deeper than a path may be long and Python may recurse.",
    """
import os
for _ in range(3000):
    os.mkdir("deeper"); os.chdir("deeper")
import time; time.sleep(0.4)
""",
)
attack(
    "no_folder",
    "Removes its own folder, and works in one that nobody may list.",
    """
import os, shutil
home = os.getcwd()
os.umask(0o777); os.mkdir("closed"); os.mkfifo("pipe")
shutil.rmtree(home, ignore_errors=True)
os.chdir("/")
""",
)
