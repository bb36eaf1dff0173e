"""Files, secrets and the answer key: reading them, and changing them."""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

from .entry import answers, attack

_EVERY_WAY = """
import glob, io, linecache, mmap, os, pathlib, sqlite3
import numpy, torch
def each_way(path):
    yield lambda: open(path, "rb").read()
    yield lambda: os.read(os.open(path, os.O_RDONLY), 10**6)
    yield lambda: os.read(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME), 10**6)
    yield lambda: mmap.mmap(os.open(path, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:]
    yield lambda: os.read(os.open(os.path.basename(path), os.O_RDONLY, dir_fd=os.open(os.path.dirname(path), os.O_PATH)), 10**6)
    yield lambda: numpy.fromfile(path, dtype="uint8").tobytes()
    yield lambda: torch.from_file(path, size=100, dtype=torch.uint8).tolist()
    yield lambda: linecache.getlines(path)
    yield lambda: os.listdir(os.path.dirname(path))
    yield lambda: os.getxattr(path, "user.x")
    yield lambda: os.link(path, "hard") or open("hard").read()
    yield lambda: os.symlink(path, "soft") or open("soft").read()
    yield lambda: os.rename(path, "moved") or open("moved").read()
def read(path):
    for way in each_way(path):
        try:
            print(way())
        except Exception as error:
            print(type(error).__name__)
"""
for _what, _path in {
    "gradebook": "/gradebook.db",
    "secret": "/.autograder/secret",
    "another_submission": "/submitted/other/hw/hw.ipynb",
    "source": "/source/hw/hw.ipynb",
}.items():
    attack(
        f"read_{_what}",
        f"Reads the {_what.replace('_', ' ')} in every way there is.",
        f"{_EVERY_WAY}\nread(ROOT + {_path!r})",
    )

attack(
    "gradebook_by_sqlite",
    "Opens the gradebook with sqlite3 and gives itself marks.",
    """
import sqlite3
try:
    for table in ("grade", "source_cell", "student"):
        print(sqlite3.connect(f"file:{ROOT}/gradebook.db?mode=ro&immutable=1", uri=True).execute(f"select * from {table}").fetchall())
    sqlite3.connect(ROOT + "/gradebook.db").execute("update grade set manual_score = 100").connection.commit()
finally:
    get_ipython().run_line_magic("load", ROOT + "/source/hw/hw.ipynb")
""",
)
attack(
    "roundabout_paths",
    "Takes /proc, /dev/fd and the parent's own view of the files.",
    """
import glob, os
paths = ["/proc/self/root", "/proc/self/cwd/../..", f"/proc/{os.getppid()}/root", f"/proc/{os.getppid()}/cwd", "/dev/fd/..", ""]
for start in paths:
    for name in ("/gradebook.db", "/.autograder/secret", "/source/hw/hw.ipynb"):
        try:
            print(open(start + ROOT + name, "rb").read())
        except OSError as error:
            print(error)
for folder, folders, names in os.walk(ROOT): print(names)
print(glob.glob(ROOT + "/**", recursive=True))
""",
)
attack(
    "raw_system_calls",
    "Asks the kernel itself: open, openat2, name_to_handle_at, sendfile, splice, uselib.",
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
path = (ROOT + "/.autograder/secret").encode()
buffer = ctypes.create_string_buffer(4096)
how = (ctypes.c_uint64 * 3)(0, 0, 0)
for call in ((2, path, 0), (257, -100, path, 0), (437, -100, path, how, 24), (303, -100, path, buffer, buffer, 0), (134, path)):
    descriptor = libc.syscall(*call)
    print(call[0], descriptor, ctypes.get_errno())
    if descriptor > 2:
        print(os.read(descriptor, 4096))
""",
)
attack(
    "other_programs",
    "Starts a shell in every way that there is.",
    """
import ctypes, multiprocessing, os, pty, subprocess
command = f"cat {ROOT}/.autograder/secret {ROOT}/gradebook.db"
def attempts():
    yield lambda: print(subprocess.check_output(command, shell=True))
    yield lambda: print(os.popen(command).read())
    yield lambda: os.system(command + " > here")
    yield lambda: os.posix_spawn("/bin/sh", ["sh", "-c", command + " > here"], {})
    yield lambda: os.execv("/bin/sh", ["sh", "-c", command])
    yield lambda: os.fork()
    yield lambda: os.forkpty()
    yield lambda: multiprocessing.get_context("fork").Process(target=print).start()
    yield lambda: multiprocessing.get_context("spawn").Process(target=print).start()
    yield lambda: ctypes.CDLL(None).syscall(58)
    yield lambda: get_ipython().system(command)
    yield lambda: get_ipython().getoutput(command)
    yield lambda: get_ipython().run_cell_magic("bash", "", command)
for attempt in attempts():
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__)
    if os.path.exists("here"):
        print(open("here").read())
""",
)
attack(
    "memory",
    "Searches its own memory, by gc and frames and /proc, for what the grader may have left there.",
    """
import gc, os, sys
for thing in gc.get_objects():
    try:
        if isinstance(thing, (str, bytes, dict, list)) and "CANARY-" in str(thing)[:10**5]:
            print(thing)
    except Exception:
        pass
for frame in sys._current_frames().values():
    while frame:
        print({name: str(value)[:1000] for name, value in {**frame.f_globals, **frame.f_locals}.items()})
        frame = frame.f_back
print(os.environ, sys.argv, sys.orig_argv)
for process in ("self", os.getppid(), os.getpid(), 1):
    for name in ("environ", "mem", "maps", "cmdline", "fd", "status"):
        try:
            print(open(f"/proc/{process}/{name}", "rb").read(10**6))
        except OSError as error:
            print(error)
""",
)
attack(
    "own_memory",
    "Reads the environment that its process was started with, straight from memory.",
    """
import ctypes
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
for index in range(200):
    if not environ[index]: break
    print(environ[index])
address = ctypes.cast(environ, ctypes.c_void_p).value
""",
)
attack(
    "answer_key",
    "Imports the tasks, the oracle and the marking, in every way.",
    """
import importlib, importlib.util, inspect, os, pkgutil, runpy, sys
import autograder
folder = os.path.dirname(autograder.__file__)
def attempts():
    for name in ("tasks", "tasks.a01_slopes.d_square", "authoring.oracle", "authoring.probes", "marking.checker", "notebook"):
        yield lambda: importlib.import_module(f"autograder.{name}")
        yield lambda: pkgutil.get_data("autograder", name.replace(".", "/") + ".py")
        yield lambda: runpy.run_module(f"autograder.{name}")
        yield lambda: open(f"{folder}/{name.replace('.', '/')}.py").read()
    yield lambda: open(f"{folder}/tasks/a01_slopes/__pycache__/d_square.cpython-{sys.version_info[0]}{sys.version_info[1]}.pyc", "rb").read()
    yield lambda: inspect.getsource(autograder.check)
    yield lambda: os.listdir(folder)
for attempt in attempts():
    try:
        print(attempt())
    except Exception as error:
        print(type(error).__name__)
print([name for name in sys.modules if name.startswith("autograder.") and name.split(".")[1] in ("tasks", "authoring", "marking")])
""",
)
attack(
    "history",
    "Looks for the hidden tests in IPython's memory of the session.",
    """
print(In, Out, _ih, get_ipython().history_manager.input_hist_raw)
get_ipython().run_line_magic("history", "-g")
get_ipython().run_line_magic("notebook", "x.ipynb")
""",
)
answers(
    "oracle_by_name",
    "Looks through the frames for the truth, and calls the oracle by its name.",
    """
import sys
def answer(*args):
    frame = sys._getframe()
    while frame:
        for names in (frame.f_locals, frame.f_globals):
            for name in ("truth", "expected", "oracle", "slope", "marks", "task"):
                if name in names:
                    print(name, names[name])
                    return names[name] if not callable(names[name]) else names[name](*args)
        frame = frame.f_back
    from autograder.authoring.oracle import slope
    return slope(lambda t: t**2, *args)
""",
)
attack(
    "network",
    "Opens sockets of every family, and asks for names.",
    """
import socket, urllib.request
for family in range(46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            print("CANARY-SOCKET", socket.socket(family, kind))
        except OSError:
            pass
for attempt in (lambda: socket.getaddrinfo("localhost", 80), lambda: urllib.request.urlopen("http://127.0.0.1:1/")):
    try:
        attempt()
    except OSError as error:
        print(error)
""",
)
attack(
    "change_what_is_outside",
    "Removes, truncates, renames and touches the gradebook and the other submission.",
    """
import os, shutil
for name in ("/gradebook.db", "/.autograder/secret", "/submitted/other/hw/hw.ipynb"):
    path = ROOT + name
    for attempt in (
        lambda: os.unlink(path), lambda: os.truncate(path, 0), lambda: open(path, "w"), lambda: open(path, "a").write("x"),
        lambda: os.rename(path, path + "x"), lambda: os.chmod(path, 0), lambda: os.utime(path, (0, 0)),
        lambda: os.chown(path, 1, 1), lambda: os.setxattr(path, "user.x", b"x"), lambda: os.mknod(path + "y"),
        lambda: os.symlink("/dev/zero", path + "z"), lambda: shutil.rmtree(ROOT),
    ):
        try:
            attempt()
        except OSError:
            pass
""",
)
