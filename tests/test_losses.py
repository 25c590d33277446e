"""The losses against independent oracles: PyTorch's own, closed forms, and gradients by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_edu.losses import discriminator_loss, generator_non_saturating

logit = st.floats(-30, 30)
batches = st.lists(logit, min_size=1, max_size=20).map(
    lambda values: torch.tensor(values, dtype=torch.float64, requires_grad=True)
)


@given(batches, batches)
def test_discriminator_loss_is_the_cross_entropy_of_both_halves(real, fake):
    expected = binary_cross_entropy_with_logits(
        real, torch.ones_like(real)
    ) + binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    torch.testing.assert_close(discriminator_loss(real, fake), expected)


@given(batches, batches)
def test_discriminator_loss_has_the_gradients_of_the_formula(real, fake):
    grad_real, grad_fake = torch.autograd.grad(discriminator_loss(real, fake), (real, fake))
    torch.testing.assert_close(grad_real, -(1 - real.sigmoid()) / len(real))
    torch.testing.assert_close(grad_fake, fake.sigmoid() / len(fake))


@given(batches)
def test_generator_non_saturating_is_minus_log_d_and_its_gradient_is_d_minus_one(fake):
    loss = generator_non_saturating(fake)
    torch.testing.assert_close(loss, -torch.nn.functional.logsigmoid(fake).mean())
    (gradient,) = torch.autograd.grad(loss, fake)
    torch.testing.assert_close(gradient, -(1 - fake.sigmoid()) / len(fake))


def test_a_discriminator_that_knows_nothing_pays_log_4():
    nothing = torch.zeros(7, 1)
    assert discriminator_loss(nothing, nothing[:3]).item() == pytest.approx(math.log(4))
    assert generator_non_saturating(nothing).item() == pytest.approx(math.log(2))


def test_large_on_real_is_good_for_d_and_large_on_fake_is_good_for_g():
    low, high = torch.full((4, 1), -2.0), torch.full((4, 1), 2.0)
    assert discriminator_loss(high, low) < discriminator_loss(low, high)
    assert generator_non_saturating(high) < generator_non_saturating(low)


def test_extreme_logits_give_finite_losses_and_no_vanished_gradient():
    fake = torch.tensor([-1e4], requires_grad=True)
    generator_non_saturating(fake).backward()
    assert fake.grad.item() == -1
    assert discriminator_loss(torch.tensor([-1e4]), torch.tensor([1e4])).item() == pytest.approx(
        2e4
    )


@pytest.mark.parametrize("bad", [3.0, None, torch.tensor([1, 2])])
def test_anything_but_a_tensor_of_logits_is_refused_by_name(bad):
    good = torch.zeros(2)
    with pytest.raises(TypeError, match="logits_fake"):
        discriminator_loss(good, bad)
    with pytest.raises(TypeError, match="logits_fake"):
        generator_non_saturating(bad)


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="logits_real is empty"):
        discriminator_loss(torch.zeros(0, 1), torch.zeros(2, 1))
