import numpy as np
import pytest
import torch

from gan_edu.networks import (
    ACTIVATIONS,
    Ink,
    MaxMin,
    MinibatchStdDev,
    PassLabel,
    digit_discriminator,
    digit_generator,
    mlp,
    with_labels,
)


@pytest.mark.parametrize(("latent_dim", "width"), [(1, 1), (16, 256), (100, 32)])
def test_the_generator_turns_noise_into_images_in_the_range_of_tanh(latent_dim, width):
    images = digit_generator(latent_dim, width)(torch.randn(5, latent_dim) * 100)
    assert images.shape == (5, 784)
    assert images.abs().max() <= 1


def test_the_discriminator_gives_one_unbounded_logit_an_image():
    logits = digit_discriminator()(1e6 * torch.randn(5, 784))
    assert logits.shape == (5, 1)
    assert logits.abs().max() > 1, "a logit, no probability: nothing squashes it"


def test_batch_spread_tells_how_far_apart_the_rows_are():
    h = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    out = MinibatchStdDev()(h)
    assert torch.equal(out[:, :5], h)
    expected = np.sqrt(np.var(h.numpy(), axis=0) + 1e-6).mean()
    np.testing.assert_allclose(out[:, 5].numpy(), expected, rtol=1e-5)
    assert MinibatchStdDev()(h[:1].expand(7, 5))[0, 5].item() == pytest.approx(1e-3)


def test_batch_spread_has_a_gradient_even_where_all_rows_are_alike():
    h = torch.ones(4, 3, requires_grad=True)
    MinibatchStdDev()(h).sum().backward()
    assert h.grad.isfinite().all()


def test_two_batches_in_one_stack_are_graded_as_two_batches():
    player, rng = digit_discriminator(), torch.Generator().manual_seed(0)
    real, fake = torch.randn(6, 784, generator=rng), 3 * torch.randn(6, 784, generator=rng)
    stacked = player(torch.stack([real, fake]))
    torch.testing.assert_close(stacked[0], player(real))
    torch.testing.assert_close(stacked[1], player(fake))
    mixed = player(torch.cat([real, fake]))[:6]
    assert not torch.allclose(mixed, player(real)), (
        "real and generated must not share their deviation"
    )


def test_the_sizes_are_those_of_the_chapter():
    sizes = [tuple(w.shape) for w in digit_generator().parameters() if w.ndim == 2]
    assert sizes == [(256, 16), (256, 256), (784, 256)]
    sizes = [tuple(w.shape) for w in digit_discriminator().parameters() if w.ndim == 2]
    assert sizes == [(256, 784), (128, 256), (1, 129)]


def test_ink_makes_paper_nothing_so_that_it_moves_no_weight():
    x = torch.tensor([[-1.0, 0.0, 1.0]])
    assert Ink()(x).tolist() == [[0, 2, 4]]
    player = digit_discriminator(8, ink=True)
    paper = -torch.ones(6, 784)
    paper[:, 5] = torch.linspace(-1, 1, 6)  # one pixel has ink
    player(paper).sum().backward()
    moved = player[1].weight.grad.abs().sum(0) > 0
    assert moved.nonzero().tolist() == [[5]]


def test_a_discriminator_with_ink_is_the_plain_one_at_scaled_pixels():
    torch.manual_seed(0)
    plain = digit_discriminator(8)
    torch.manual_seed(0)
    inked = digit_discriminator(8, ink=True)
    x = torch.rand(2, 5, 784, generator=torch.Generator().manual_seed(1)) * 2 - 1
    torch.testing.assert_close(inked(x), plain(2 * x + 2))


def test_labels_are_ten_more_numbers_one_of_which_is_1():
    x, labels = torch.zeros(3, 2), torch.tensor([0, 9, 3])
    rows = with_labels(x, labels)
    assert rows.shape == (3, 12)
    assert rows.dtype == x.dtype
    np.testing.assert_array_equal(rows[:, 2:], 2 * np.eye(10)[labels] - 1)
    stacked = with_labels(torch.zeros(2, 3, 2), labels.expand(2, 3))
    assert torch.equal(stacked[1], rows)


def test_a_generator_hands_its_label_on_beside_the_image():
    network = digit_generator(14, 8)
    z = torch.randn(5, 14, generator=torch.Generator().manual_seed(0))
    out = PassLabel(network)(z)
    assert torch.equal(out[:, 784:], z[:, 4:])
    torch.testing.assert_close(out[:, :784], network(z))
    assert digit_discriminator(8, labels=True)(torch.stack([out, out])).shape == (2, 5, 1)


def test_maxmin_sorts_neighbours_and_loses_nothing():
    h = torch.tensor([[3.0, -4.0, -1.0, 2.0], [0.0, 1.0, 5.0, 5.0]])
    assert MaxMin()(h).tolist() == [[3, 2, -4, -1], [1, 5, 0, 5]]
    h = torch.randn(5, 4, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(MaxMin()(h).sort().values, h.sort().values)


def test_maxmin_keeps_lengths_where_relu_shortens_them():
    h = torch.randn(6, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for row in h:
        jacobian = torch.autograd.functional.jacobian(MaxMin(), row)
        torch.testing.assert_close(jacobian @ jacobian.T, torch.eye(8).double())
    assert torch.all(h.relu().norm(dim=1) < h.norm(dim=1))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_mlp_is_its_layers_with_the_activation_between_and_nothing_at_the_end(activation):
    network = mlp((3, 8, 4, 2), activation)
    linear = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(3, 8), (8, 4), (4, 2)]
    bend = {
        "relu": lambda h: h.clamp(min=0),
        "leaky_relu": lambda h: torch.where(h > 0, h, 0.2 * h),
        "tanh": torch.tanh,
        "maxmin": lambda h: torch.cat(
            list(h.unflatten(-1, (-1, 2)).sort().values.flip(-1).unbind(-1)), -1
        ),
    }[activation]
    x = torch.randn(5, 3)
    by_hand = linear[2](bend(linear[1](bend(linear[0](x)))))
    torch.testing.assert_close(network(x), by_hand)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(3))
def test_with_spectral_norm_no_slope_exceeds_one(activation, seed):
    torch.manual_seed(seed)
    network = mlp((2, 32, 32, 1), activation, spectral_norm=True)
    with torch.no_grad():  # whatever training may do to the weights
        for layer in network[::2]:
            layer.parametrizations.weight.original.mul_(30).add_(torch.randn(()))
    for _ in range(100):  # each look in training mode improves the estimate
        network(torch.zeros(1, 2))
    network.eval()
    for layer in network[::2]:
        largest = np.linalg.svd(layer.weight.detach().numpy(), compute_uv=False)[0]
        assert largest == pytest.approx(1, abs=0.01)
    x, y = torch.randn(2, 1000, 2) * 3
    with torch.no_grad():
        steepness = (network(x) - network(y)).abs()[:, 0] / (x - y).norm(dim=1)
    assert steepness.max() < 1.02


def test_a_size_may_be_numpy_s():
    size = np.int64(8)
    assert digit_discriminator(size)[0].out_features == 8
    assert mlp((size, size, 1), copies=size)[0].weight.shape == (8, 8, 8)
