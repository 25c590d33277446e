"""The digits that tests play with: loaded once, and MNIST where a folder is named."""

import os

import pytest

from gan_edu.datasets import load_mnist, load_offline_digits

DIGITS = load_offline_digits()

needs_mnist = pytest.mark.skipif(
    not os.environ.get("GAN_EDU_MNIST"), reason="GAN_EDU_MNIST names no folder"
)
with_and_without_mnist = pytest.mark.parametrize(
    "load",
    [
        pytest.param(lambda: DIGITS, id="offline"),
        pytest.param(load_mnist, id="MNIST", marks=needs_mnist),
    ],
)
# For what chapter 05's own notebook asserts on MNIST.
without_mnist_and_slowly_with_it = pytest.mark.parametrize(
    "load",
    [
        pytest.param(lambda: DIGITS, id="offline"),
        pytest.param(load_mnist, id="MNIST", marks=[needs_mnist, pytest.mark.slow]),
    ],
)
