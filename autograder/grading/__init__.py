"""A class: every submission of an assignment, from its folder to the gradebook and its feedback page."""
