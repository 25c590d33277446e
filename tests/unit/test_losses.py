"""The losses against independent oracles: PyTorch's own, closed forms, and gradients by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, log_expit
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_edu import losses
from gan_edu.divergences import histogram, js
from gan_edu.losses import (
    critic_loss,
    discriminator_loss,
    generator_minimax,
    generator_non_saturating,
    generator_wasserstein,
    gradient_penalty,
    js_loss,
    least_squares_discriminator,
    least_squares_generator,
    soft_histogram,
)

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


def test_extreme_logits_give_finite_losses_and_no_vanished_gradient():
    fake = torch.tensor([-1e4], requires_grad=True)
    generator_non_saturating(fake).backward()
    assert fake.grad.item() == -1
    assert discriminator_loss(torch.tensor([-1e4]), torch.tensor([1e4])).item() == pytest.approx(
        2e4
    )


# the other losses of G, and the critic's


@given(batches)
def test_generator_minimax_is_log_of_one_minus_d_and_its_gradient_is_minus_d(fake):
    loss = generator_minimax(fake)
    # at a logit of 30 one rounding of σ, 2⁻⁵³, moves log(1 − σ) by 2⁻⁵³ e³⁰ = 0.0012
    naive = torch.log1p(-fake.double().sigmoid()).mean()
    torch.testing.assert_close(loss, naive, atol=3e-3, rtol=0)
    torch.testing.assert_close(loss, -torch.logaddexp(torch.zeros_like(fake), fake).mean())
    (gradient,) = torch.autograd.grad(loss, fake)
    torch.testing.assert_close(gradient, -fake.sigmoid() / len(fake))


@given(batches, batches)
def test_critic_loss_is_equation_3_with_the_article_s_d_for_minus_a(real, fake):
    d_z, d_y = -real.detach().numpy(), -fake.detach().numpy()
    loss = critic_loss(real, fake)
    assert loss.item() == pytest.approx(d_z.mean() - d_y.mean(), abs=1e-9)
    grad_real, grad_fake = torch.autograd.grad(loss, (real, fake))
    torch.testing.assert_close(grad_real, torch.full_like(real, -1 / len(real)))
    torch.testing.assert_close(grad_fake, torch.full_like(fake, 1 / len(fake)))


@given(batches)
def test_generator_wasserstein_is_equation_4_and_pulls_alike_everywhere(fake):
    loss = generator_wasserstein(fake)
    assert loss.item() == pytest.approx(-fake.detach().numpy().mean(), abs=1e-9)
    (gradient,) = torch.autograd.grad(loss, fake)
    torch.testing.assert_close(gradient, torch.full_like(fake, -1 / len(fake)))


@given(batches, batches)
def test_least_squares_are_squares_with_the_gradients_of_the_formulas(real, fake):
    a_real, a_fake = real.detach().numpy(), fake.detach().numpy()
    loss_d, loss_g = least_squares_discriminator(real, fake), least_squares_generator(fake)
    assert loss_d.item() == pytest.approx(np.mean((a_real - 1) ** 2) / 2 + np.mean(a_fake**2) / 2)
    assert loss_g.item() == pytest.approx(np.mean((a_fake - 1) ** 2) / 2)
    grad_real, grad_fake = torch.autograd.grad(loss_d, (real, fake))
    torch.testing.assert_close(grad_real, (real - 1).detach() / len(real))
    torch.testing.assert_close(grad_fake, fake.detach() / len(fake))
    (gradient,) = torch.autograd.grad(loss_g, fake)
    torch.testing.assert_close(gradient, (fake - 1).detach() / len(fake))


def test_every_loss_of_g_wants_a_sample_to_look_real_and_every_loss_of_d_the_opposite():
    low, high = torch.full((4, 1), -2.0), torch.full((4, 1), 2.0)
    for loss in (
        generator_minimax,
        generator_non_saturating,
        generator_wasserstein,
        least_squares_generator,
    ):
        assert loss(high) < loss(low)
    for loss in (discriminator_loss, critic_loss, least_squares_discriminator):
        assert loss(high, low) < loss(low, high)


def test_extreme_logits_leave_minimax_finite():
    fake = torch.tensor([1e4, -1e4], requires_grad=True)
    generator_minimax(fake).backward()
    assert fake.grad.tolist() == [-0.5, 0]


def slope(size):
    direction = torch.tensor([0.6, 0.8]) * size
    return lambda x: x @ direction


@pytest.mark.parametrize(
    ("size", "one", "two"), [(0.0, 0, 1), (0.5, 0, 0.25), (1.0, 0, 0), (3.0, 4, 4)]
)
def test_the_gradient_penalty_of_a_slope(size, one, two):
    x = torch.randn(7, 2, generator=torch.Generator().manual_seed(0))
    assert gradient_penalty(slope(size), x).item() == pytest.approx(one, abs=1e-5)
    assert gradient_penalty(slope(size), x, one_sided=False).item() == pytest.approx(two, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_penalty_is_the_mean_over_rows_of_the_excess_slope(seed):
    x = torch.randn(9, 2, 3, generator=torch.Generator().manual_seed(seed)).double()

    def critic(x):
        return x.square().sum((1, 2))  # its gradient is 2x

    sizes = 2 * np.sqrt((x.numpy() ** 2).sum((1, 2)))
    assert gradient_penalty(critic, x).item() == pytest.approx(
        (np.maximum(sizes - 1, 0) ** 2).mean()
    )
    assert gradient_penalty(critic, x, one_sided=False).item() == pytest.approx(
        ((sizes - 1) ** 2).mean()
    )


@pytest.mark.parametrize("one_sided", [True, False])
def test_the_gradient_penalty_can_be_differentiated_in_the_critic_s_weights(one_sided):
    w = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
    x = torch.randn(5, dtype=torch.float64)
    gradient_penalty(lambda x: w * x, x, one_sided).backward()
    assert w.grad.item() == pytest.approx(2 * (2.5 - 1))


@pytest.mark.parametrize("seed", range(3))
def test_the_relativistic_loss_is_the_log_loss_of_differences_with_its_gradient(seed):
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(1, 2, 30), rng.normal(-1, 2, 30)
    a = [torch.tensor(x, requires_grad=True) for x in (real, fake)]
    loss = losses.relativistic_discriminator(*a)
    assert loss.item() == pytest.approx(-log_expit(real - fake).mean())
    loss.backward()
    push = expit(fake - real) / 30
    np.testing.assert_allclose(a[0].grad, -push)
    np.testing.assert_allclose(a[1].grad, push)
    same = torch.zeros(5)
    assert losses.relativistic_discriminator(same, same).item() == pytest.approx(np.log(2))


@pytest.mark.parametrize("seed", range(3))
def test_the_zero_centred_penalty_is_half_the_mean_squared_slope(seed):
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(20, 3, generator=rng, dtype=torch.float64)
    w = torch.randn(3, generator=rng, dtype=torch.float64, requires_grad=True)
    penalty = losses.zero_centred_penalty(lambda x: x**2 @ w, x)
    slopes = 2 * x.numpy() * w.detach().numpy()
    assert penalty.item() == pytest.approx((slopes**2).sum(1).mean() / 2)
    penalty.backward()  # ∂/∂w of ½ mean Σ (2 x w)² is 4 w mean x²
    np.testing.assert_allclose(w.grad, 4 * w.detach() * (x**2).mean(0), rtol=1e-9)


def test_the_gradient_penalty_leaves_x_and_its_history_alone_and_works_without_grad():
    x = torch.randn(4, 1, requires_grad=True)
    with torch.no_grad():
        penalty = gradient_penalty(lambda x: 3 * x, 2 * x)
    assert penalty.item() == pytest.approx(4)
    gradient_penalty(lambda x: x.square(), x)
    assert x.grad is None


@pytest.mark.parametrize("one_sided", [True, False])
def test_a_flat_critic_is_fined_without_nan(one_sided):
    w = torch.zeros(1, requires_grad=True)
    gradient_penalty(lambda x: x * w, torch.ones(3, 1), one_sided).backward()
    assert w.grad.isfinite().all()


# the soft histogram

EVEN = torch.linspace(-5, 5, 41, dtype=torch.float64)
UNEVEN = torch.tensor([-5.0, -4.5, -1.0, 0.25, 0.5, 3.0, 5.0], dtype=torch.float64)
every_bins = pytest.mark.parametrize("centres", [EVEN, UNEVEN], ids=["even", "uneven"])
samples = st.lists(st.floats(-8, 8), min_size=1, max_size=20).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)


def inside_the_bins(centres, seed, n=30):
    """Return samples that keep a distance from every kink."""
    rng = np.random.default_rng(seed)
    left = rng.integers(0, len(centres) - 1, n)
    depth = torch.tensor(rng.uniform(0.05, 0.95, n))
    return (centres[left] + depth * (centres[left + 1] - centres[left])).requires_grad_()


@every_bins
@given(x=samples)
def test_a_soft_histogram_is_the_mean_of_tents(centres, x):
    tents = [np.interp(x.numpy(), centres.numpy(), tent) for tent in np.eye(len(centres))]
    expected = torch.tensor(np.array(tents)).mean(1)
    shares = soft_histogram(x, centres)
    torch.testing.assert_close(shares, expected, rtol=0, atol=1e-14)
    assert shares.sum().item() == pytest.approx(1, abs=1e-12)
    assert shares.min() >= 0


@given(samples)
def test_soft_and_hard_bins_agree_on_the_mean_and_on_the_ends(x):
    shares = soft_histogram(x, EVEN)
    held = x.clamp(-5, 5).mean()
    torch.testing.assert_close((shares * EVEN).sum(), held, rtol=0, atol=1e-12)
    beyond = x[x.abs() > 5]
    if len(beyond):
        hard = histogram(beyond.numpy(), [-8, *np.linspace(-4.875, 4.875, 40), 8])
        np.testing.assert_allclose(soft_histogram(beyond, EVEN), hard, atol=1e-15)


@every_bins
@pytest.mark.parametrize("seed", range(5))
def test_the_soft_histogram_s_gradients(centres, seed):
    x = inside_the_bins(centres, seed)
    assert torch.autograd.gradcheck(lambda x: soft_histogram(x, centres), x)


def test_all_samples_between_two_centres_are_pushed_alike():
    """So a cluster that is narrower than a bin moves, and never spreads."""
    x = torch.tensor([1.01, 1.1, 1.2, 3.3], dtype=torch.float64, requires_grad=True)
    q = soft_histogram(torch.randn(500, generator=torch.Generator().manual_seed(0)).double(), EVEN)
    (gradient,) = torch.autograd.grad(js_loss(soft_histogram(x, EVEN), q), x)
    torch.testing.assert_close(gradient[:3], gradient[:1].expand(3))
    assert gradient[0] != gradient[3] != 0


# Jensen–Shannon in torch


@st.composite
def pairs(draw):
    bins = draw(st.integers(1, 10))
    share = st.one_of(st.just(0.0), st.floats(1e-6, 1))
    weights = draw(arrays(float, (2, bins), elements=share)) + np.eye(2, bins) * 1e-3
    weights[1, 0] += 1e-3
    return torch.tensor(weights / weights.sum(1, keepdims=True))


@given(pairs())
def test_js_loss_is_the_exact_divergence(pair):
    p, q = pair
    assert js_loss(p, q).item() == pytest.approx(js(p, q).item(), abs=1e-12)
    assert js_loss(p, p).item() == 0
    assert js_loss(p.float(), q.float()).item() == pytest.approx(js(p, q).item(), abs=1e-6)


@given(pairs())
def test_js_loss_has_the_gradient_of_the_formula_and_no_infinity(pair):
    p, q = pair.clone().requires_grad_()
    grad_p, grad_q = torch.autograd.grad(js_loss(p, q), (p, q))
    assert grad_p.isfinite().all()
    assert grad_q.isfinite().all()
    filled = p > 0
    expected = (p / ((p + q) / 2)).log() / 2
    torch.testing.assert_close(grad_p[filled], expected[filled].detach())
    only_q = (p == 0) & (q > 0)
    assert torch.all(grad_p[only_q] < -20), "fill this bin: it would pay at once"


def test_both_empty_bins_and_float32_s_smallest_numbers_give_finite_gradients():
    p = torch.tensor([1.0, 0.0, 0.0, 1e-38, 1e-45], requires_grad=True)
    q = torch.tensor([0.5, 0.5, 0.0, 0.0, 0.0])
    loss = js_loss(p, q)
    loss.backward()
    assert p.grad.isfinite().all()
    assert p.grad[2] == 0
    assert p.grad.abs().max() < 44
    assert loss.item() == pytest.approx(0.75 * math.log(4 / 3), abs=1e-6)


def test_js_loss_works_on_many_distributions_at_once():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(6), (2, 3, 4))
    loss = js_loss(torch.tensor(p), torch.tensor(q))
    np.testing.assert_allclose(loss.numpy(), js(p, q), atol=1e-14)


ONE_DISTRIBUTION = torch.tensor([0.5, 0.5])


def test_a_diverged_generator_is_named_by_the_loss():
    shares = soft_histogram(torch.tensor([math.nan, 0.0]), ONE_DISTRIBUTION.cumsum(0))
    with pytest.raises(ValueError, match=r"^p must be at least 0"):
        js_loss(shares, ONE_DISTRIBUTION)
