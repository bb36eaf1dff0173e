"""Reading a student's own source for slips: one small edit after the other, until one makes the answer come right."""
