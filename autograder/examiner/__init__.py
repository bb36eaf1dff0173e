"""Where answers are judged: a process that imports torch once, for the warm process as well as for itself.

    process.py   our end, which imports no torch: start it, have an examiner run a notebook's cells
    server.py    imports torch, forks the warm process, then reads the answer key and forks an examiner for each caller
    examine.py   one notebook: its cells go in, their outputs and scores come out

The warm process is forked before anything but torch is there: what its children inherit has never seen a task. They do
know at which addresses this process holds torch, which is one more reason to read what they send as plain JSON.
"""
