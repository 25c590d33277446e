"""What all tests share: one torch thread, and hypothesis without a clock."""

import os

# Set before torch loads, and inherited by every kernel that a notebook test starts:
# tiny networks are fastest on one thread, and two workers share two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
