"""Is the course whole? What `autograder verify` checks, with messages that tell a contributor what to do."""
