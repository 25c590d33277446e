"""The digits that are at hand without a network, loaded once for all tests of a process."""

from gan_edu.datasets import load_offline_digits

DIGITS = load_offline_digits()
