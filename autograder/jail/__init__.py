"""The student's side: a warm process, a locked child for each submission, and a channel that carries values.

    process.py   our end: start a process, give it orders, end it
    client.py    our end of the warm process and of a child: run cells, drive answers
    warm.py      imports torch once, forks a child for each request; has never seen a task or a seed
    pictures.py  what is imported ahead for submissions that draw
    child.py     runs the student's cells and drives their answers, and sends values back
    lock.py      locks a child in: privileges.py, rlimits.py, landlock.py, seccomp.py, by way of kernel.py
    allowed.py   the system calls that it may make, and why; numbers.py has their numbers
    limits.py    how much it may use: every number in one place
    doctor.py    tries the ways out that escapes.py lists
    channel.py   messages over a socket, with a deadline and a size

Nothing here imports a task, an oracle or anything that marks.
"""
