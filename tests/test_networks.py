import numpy as np
import pytest
import torch

from gan_edu.networks import BatchSpread, digit_discriminator, digit_generator


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
    out = BatchSpread()(h)
    assert torch.equal(out[:, :5], h)
    expected = np.sqrt(np.var(h.numpy(), axis=0) + 1e-6).mean()
    np.testing.assert_allclose(out[:, 5].numpy(), expected, rtol=1e-5)
    assert BatchSpread()(h[:1].expand(7, 5))[0, 5].item() == pytest.approx(1e-3)


def test_batch_spread_has_a_gradient_even_where_all_rows_are_alike():
    h = torch.ones(4, 3, requires_grad=True)
    BatchSpread()(h).sum().backward()
    assert h.grad.isfinite().all()


def test_two_batches_in_one_stack_are_judged_as_two_batches():
    player, rng = digit_discriminator(), torch.Generator().manual_seed(0)
    real, fake = torch.randn(6, 784, generator=rng), 3 * torch.randn(6, 784, generator=rng)
    stacked = player(torch.stack([real, fake]))
    torch.testing.assert_close(stacked[0], player(real))
    torch.testing.assert_close(stacked[1], player(fake))
    mixed = player(torch.cat([real, fake]))[:6]
    assert not torch.allclose(mixed, player(real)), "real and forged must not share their spread"


def test_the_sizes_are_those_of_the_chapter():
    sizes = [tuple(w.shape) for w in digit_generator().parameters() if w.ndim == 2]
    assert sizes == [(256, 16), (256, 256), (784, 256)]
    sizes = [tuple(w.shape) for w in digit_discriminator().parameters() if w.ndim == 2]
    assert sizes == [(256, 784), (128, 256), (1, 129)]


@pytest.mark.parametrize("bad", [0, -3, 2.5, "16"])
def test_sizes_that_make_no_network_are_refused_by_name(bad):
    with pytest.raises(ValueError, match="latent_dim must be a positive whole number"):
        digit_generator(latent_dim=bad)
    with pytest.raises(ValueError, match="width must be"):
        digit_generator(width=bad)


@pytest.mark.parametrize("bad", [0, 1, 33, 64.0])
def test_a_discriminator_needs_a_width_that_can_be_halved(bad):
    with pytest.raises(ValueError, match="width must be an even whole number"):
        digit_discriminator(width=bad)
