"""What a task is written with. Never imported where a student's code runs under the jail."""
