"""What `check` is made of: verdicts, a guard around foreign code, reading, known mistakes."""
