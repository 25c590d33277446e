"""What all tests share: one thread, an interrupt key, hypothesis without a clock, a browser."""

import os
import signal

# Set before torch loads, and inherited by every kernel that a notebook test starts:
# tiny networks are fastest on one thread, and two workers share two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from tests.helpers import lab

# A job in the background ignores the interrupt key, which is what stops an endless answer where
# there is no alarm clock: those tests would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


@pytest.fixture(scope="module")
def browser():
    lab.look_for_chromium()
    with lab.chromium() as browser:
        yield browser
