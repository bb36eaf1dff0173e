"""What both sides of the jail hold: values and how they travel, how an answer is exercised. Knows no answers."""
