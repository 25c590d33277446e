import errno
import io
import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats

from gan_edu import metrics
from gan_edu.datasets import as_tensor, load_mnist
from gan_edu.metrics import (
    DigitClassifier,
    accuracy,
    auc,
    frechet_distance,
    grade_images,
    load_classifier,
    nearest_neighbours,
    parzen_log_likelihood,
    parzen_score,
    train_classifier,
)
from tests.helpers.digits import DIGITS, needs_mnist
from tests.helpers.faults import failing


@pytest.fixture(scope="module")
def digits():
    return DIGITS


@pytest.fixture(scope="module")
def classifier(digits):
    return train_classifier(digits)


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


@pytest.fixture(scope="module")
def mnist_classifier(mnist):
    return train_classifier(mnist)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(metrics, "_STEPS", 20)


@pytest.fixture
def trainings(monkeypatch, short):
    """A list that grows with each training that really runs."""
    calls = []

    def counted(digits, *args):
        calls.append(digits)
        return train_classifier(digits, *args)

    monkeypatch.setattr(metrics, "train_classifier", counted)
    return calls


def weights(classifier):
    return torch.cat([p.flatten() for p in classifier.parameters()])


def noise_images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


# The classifier


def test_reads_held_out_digits(classifier, digits):
    assert accuracy(classifier, digits.test_images, digits.test_labels) >= 0.97


def test_is_ready_for_use(classifier):
    assert not classifier.training
    assert not any(p.requires_grad for p in classifier.parameters())


def test_logits_are_the_head_of_the_features(classifier, digits):
    features, logits = classifier.features(digits.test_images), classifier(digits.test_images)
    assert features.shape == (300, 64)
    assert logits.shape == (300, 10)
    assert features.min() >= 0
    torch.testing.assert_close(logits, features @ classifier.head.weight.T + classifier.head.bias)


def test_takes_images_as_a_data_set_and_as_a_generator_has_them(classifier, digits):
    x = as_tensor(digits.test_images)
    assert torch.equal(classifier(digits.test_images), classifier(x))
    torch.testing.assert_close(classifier(x.double()), classifier(x))


def test_passes_gradients_on_to_the_images(classifier, digits):
    x = as_tensor(digits.test_images[:4]).requires_grad_()
    classifier(x).square().sum().backward()
    assert (x.grad != 0).any(dim=1).all()


def test_a_rounding_beyond_the_range_is_no_error(classifier):
    assert classifier(torch.full((1, 784), 1 + 1e-6)).isfinite().all()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_decides_every_bit(digits, short, seed):
    torch.manual_seed(5)
    first = train_classifier(digits, seed)
    torch.manual_seed(6)
    torch.rand(100)
    again, other = train_classifier(digits, seed), train_classifier(digits, seed + 1)
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_leaves_no_trace_outside(digits, short, tmp_path):
    before = torch.get_num_threads()
    random_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    try:
        torch.set_num_threads(2)
        load_classifier(digits, tmp_path)
        load_classifier(digits, tmp_path)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


def test_trains_on_one_thread_and_gives_the_threads_back_after_an_error(digits, monkeypatch):
    seen = []

    def failing(*_):
        seen.append(torch.get_num_threads())
        raise KeyboardInterrupt

    monkeypatch.setattr(metrics, "_fit", failing)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with pytest.raises(KeyboardInterrupt):
            train_classifier(digits)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_trains_inside_no_grad(digits, short):
    with torch.no_grad():
        inside = train_classifier(digits)
    assert torch.equal(weights(inside), weights(train_classifier(digits)))


def test_every_image_comes_once_before_any_comes_again():
    batches = metrics._minibatches(1000, np.random.default_rng(0)).ravel()
    counts = np.bincount(batches, minlength=1000)
    assert len(batches) == metrics._STEPS * metrics._BATCH
    assert counts.max() - counts.min() <= 1
    assert not np.array_equal(batches[:1000], batches[1000:2000])


def test_training_reads_neither_the_test_images_nor_their_labels(digits, short):
    hidden = replace(digits, test_images=digits.test_images[:0], test_labels=digits.test_labels[:0])
    assert torch.equal(weights(train_classifier(hidden)), weights(train_classifier(digits)))


def test_accuracy_counts_the_hits(classifier, digits):
    images = digits.test_images[:10]
    read = classifier(images).argmax(1).numpy()
    wrong = np.where(np.arange(10) < 3, (read + 1) % 10, read)
    assert accuracy(classifier, images, read) == 1
    assert accuracy(classifier, images, wrong) == 0.7
    assert accuracy(classifier, as_tensor(images), torch.from_numpy(wrong)) == 0.7


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=30),
    st.lists(st.integers(-3, 3), min_size=1, max_size=30),
)
def test_auc_counts_all_pairs_and_a_tie_as_a_half(real, fake):
    pairs = [(r > f) + 0.5 * (r == f) for r in real for f in fake]
    assert auc(real, fake) == pytest.approx(np.mean(pairs), abs=1e-12)


def test_auc_takes_infinities_and_tensors_with_a_slope():
    assert auc([np.inf, 2.0], [-np.inf, 1.0]) == 1
    assert auc(torch.ones(3, requires_grad=True), torch.ones(2)) == 0.5


# The cache


def test_a_second_load_trains_nothing(digits, tmp_path, trainings):
    first, second = load_classifier(digits, tmp_path), load_classifier(digits, str(tmp_path))
    assert len(trainings) == 1
    assert torch.equal(weights(first), weights(second))
    assert not second.training
    assert not any(p.requires_grad for p in second.parameters())
    assert torch.equal(first(digits.test_images), second(digits.test_images))


def test_the_cache_holds_one_whole_file(digits, tmp_path, trainings):
    load_classifier(digits, tmp_path / "new" / "folder")
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert file.suffix == ".pt"


def test_the_default_cache_is_poochs(digits, tmp_path, trainings, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    load_classifier(digits)
    assert len(list((tmp_path / "gan_edu").iterdir())) == 1


def test_other_data_or_another_recipe_is_another_classifier(
    digits, tmp_path, trainings, monkeypatch
):
    images, labels = digits.images.copy(), digits.labels.copy()
    images[0, 0, 0] ^= 1
    labels[0] = (labels[0] + 1) % 10
    for other in (digits, replace(digits, images=images), replace(digits, labels=labels)):
        load_classifier(other, tmp_path)
    monkeypatch.setattr(metrics, "RECIPE", metrics.RECIPE + 1)
    load_classifier(digits, tmp_path)
    assert len(trainings) == len(list(tmp_path.iterdir())) == 4


def test_the_key_does_not_depend_on_the_memory_layout(digits, tmp_path, trainings):
    load_classifier(digits, tmp_path)
    load_classifier(replace(digits, images=np.asfortranarray(digits.images)), tmp_path)
    assert len(trainings) == 1


class Trap:
    sprung = False

    @classmethod
    def spring(cls):
        cls.sprung = True
        return {}

    def __reduce__(self):
        return Trap.spring, ()


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 64]) + content[middle + 1 :]


def test_a_bit_flipped_in_the_weights_is_one_that_torch_does_not_see(digits, tmp_path, trainings):
    """If torch ever does, `files.read_torch` need not."""
    load_classifier(digits, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(flipped(file.read_bytes()))
    assert torch.load(file, weights_only=True).keys() == DigitClassifier().state_dict().keys()


def saved(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        flipped,
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"<html>Please log in</html>",
        lambda content: pickle.dumps(Trap()),
        lambda content: saved(Trap()),
        lambda content: saved({"trunk.1.weight": torch.zeros(3)}),
        lambda content: saved(7),
    ],
    ids=["bit", "cut", "empty", "page", "pickle", "code", "sizes", "number"],
)
def test_a_damaged_file_is_trained_anew_and_replaced(digits, tmp_path, trainings, damage):
    first = load_classifier(digits, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    again = load_classifier(digits, tmp_path)
    assert len(trainings) == 2
    assert torch.equal(weights(first), weights(again))
    assert torch.equal(weights(load_classifier(digits, tmp_path)), weights(first))
    assert len(trainings) == 2
    assert list(tmp_path.iterdir()) == [file]
    assert not Trap.sprung


def test_an_unwritable_folder_only_means_that_nothing_is_kept(digits, tmp_path, trainings):
    with failing(Path, "touch", errno.EACCES), failing(Path, "mkdir", errno.EACCES):
        classifier = load_classifier(digits, tmp_path)
        load_classifier(digits, tmp_path / "deeper")
    assert isinstance(classifier, DigitClassifier)
    assert len(trainings) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_folders_place_does_not_matter(digits, tmp_path, trainings):
    (tmp_path / "cache").write_text("no folder", "utf-8")
    assert isinstance(load_classifier(digits, tmp_path / "cache"), DigitClassifier)


# The Fréchet distance


def frechet_by_sqrtm(a, b):
    (mean_a, cov_a), (mean_b, cov_b) = ((x.mean(0), np.cov(x, rowvar=False)) for x in (a, b))
    cov_a, cov_b = np.atleast_2d(cov_a), np.atleast_2d(cov_b)
    root = linalg.sqrtm(cov_a @ cov_b)
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root).real


def two_sets(seed, columns=5, rows=(40, 60)):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(2, columns, columns))
    return [
        rng.normal(size=(n, columns)) @ m + rng.normal(size=columns)
        for n, m in zip(rows, mix, strict=True)
    ]


seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=50)
@given(seeds, st.integers(1, 8))
def test_frechet_agrees_with_the_formula_by_sqrtm(seed, columns):
    a, b = two_sets(seed, columns)
    assert frechet_distance(a, b) == pytest.approx(frechet_by_sqrtm(a, b), rel=1e-7, abs=1e-7)


def whitened(rows, columns):
    x = np.random.default_rng(0).normal(size=(rows, columns))
    x -= x.mean(0)
    return x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T


def test_frechet_keeps_its_digits_when_covariances_are_singular():
    """Two sets in a plane and in a line of R⁶⁴, far from the origin, fewer rows than columns."""
    a, b = np.zeros((20, 64)), np.zeros((30, 64))
    a[:, :2], b[:, :2] = whitened(20, 2) * [1, 2], whitened(30, 2) * [0, 5]
    rotation = stats.ortho_group.rvs(64, random_state=0)
    assert frechet_distance(a @ rotation + 100, b @ rotation + 100) == pytest.approx(10, rel=1e-10)
    assert frechet_distance(a @ rotation + 100, a @ rotation + 100) < 1e-10


def test_frechet_takes_tensors_with_gradients_and_computes_in_double():
    a, b = two_sets(0)
    a32, b32 = (torch.tensor(x, dtype=torch.float32, requires_grad=True) for x in (a, b))
    exact = frechet_by_sqrtm(*(x.detach().double().numpy() for x in (a32, b32)))
    assert frechet_distance(a32, b32) == pytest.approx(exact, rel=1e-9)
    assert isinstance(frechet_distance(a32, b), float)


# The verdict


def test_verdict_is_the_sum_of_its_parts(classifier, digits):
    images, reference = digits.test_images, digits.images[:500]
    verdict = grade_images(classifier, images, reference)
    probability = classifier(images).double().softmax(1)
    highest = probability.max(1).values
    assert verdict.frechet == pytest.approx(
        frechet_distance(classifier.features(images), classifier.features(reference)), rel=1e-4
    )
    assert verdict.class_counts.tolist() == [
        int((probability.argmax(1) == digit).sum()) for digit in range(10)
    ]
    assert verdict.confidence == pytest.approx(highest.mean().item(), rel=1e-6)
    assert verdict.doubtful == pytest.approx((highest < 0.9).double().mean().item())
    with pytest.raises(FrozenInstanceError):
        verdict.frechet = 0


def test_verdict_tells_digits_noise_and_one_digit_apart(classifier, digits):
    reference = digits.images
    real = grade_images(classifier, digits.test_images, reference)
    noise = grade_images(classifier, noise_images(300), reference)
    ones = grade_images(classifier, digits.images[digits.labels == 1], reference)
    assert real.frechet < ones.frechet / 3 < noise.frechet / 3
    assert real.doubtful < 0.1 < 0.5 < noise.doubtful
    assert real.confidence > 0.95 > noise.confidence
    assert ones.class_counts[1] >= 0.95 * ones.class_counts.sum()
    assert ones.class_counts.sum() == (digits.labels == 1).sum()


def test_verdict_on_only_one_class_still_counts_ten(classifier, digits):
    zeros = digits.test_images[digits.test_labels == 0][:5]
    assert grade_images(classifier, zeros, digits.images[:50]).class_counts.shape == (10,)


def test_verdict_goes_in_small_batches_and_does_not_depend_on_them(classifier, digits, monkeypatch):
    sizes = []
    monkeypatch.setattr(metrics, "_ROWS_AT_ONCE", 64)
    hook = classifier.trunk.register_forward_hook(
        lambda module, inputs, _: sizes.append(len(inputs[0]))
    )
    blocks = grade_images(classifier, digits.test_images, as_tensor(digits.images))
    hook.remove()
    monkeypatch.setattr(metrics, "_ROWS_AT_ONCE", 10**9)
    whole = grade_images(classifier, digits.test_images, digits.images)
    assert max(sizes) == 64
    assert sum(sizes) == 1797
    assert blocks.frechet == pytest.approx(whole.frechet, rel=1e-4)
    assert blocks.class_counts.tolist() == whole.class_counts.tolist()


# Nearest neighbours


@pytest.mark.parametrize("block", [1, 700, 10**9])
@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_are_those_of_brute_force(digits, monkeypatch, block, k):
    monkeypatch.setattr(metrics, "_DISTANCES_AT_ONCE", block)
    images, reference = digits.test_images[:20], digits.images[:100]
    x, y = (part.reshape(len(part), -1) / 255 for part in (images, reference))
    exact = np.sqrt(((x[:, None] - y[None]) ** 2).sum(2))
    indices, distances = nearest_neighbours(images, reference, k)
    assert indices.shape == distances.shape == (20, k)
    assert np.array_equal(indices, exact.argsort(axis=1)[:, :k])
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :k], rtol=1e-5)


def test_a_copy_has_the_distance_zero(digits):
    rows = np.array([7, 700, 1400])
    drawn = as_tensor(digits.images[rows]).requires_grad_()
    indices, distances = nearest_neighbours(drawn, digits.images)
    assert np.array_equal(indices[:, 0], rows)
    assert (distances == 0).all()


def test_no_images_have_no_neighbours(digits):
    indices, distances = nearest_neighbours(digits.images[:0], digits.images[:5], 2)
    assert indices.shape == distances.shape == (0, 2)


# The Parzen window


def points_and_samples(seed, columns=3, sizes=(15, 25)):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, columns)) for n in sizes]


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(1, 5), st.floats(0.05, 5))
def test_parzen_is_the_mixture_of_gaussians(seed, columns, bandwidth):
    points, samples = points_and_samples(seed, columns)
    logs = [
        stats.multivariate_normal(s, bandwidth**2 * np.eye(columns)).logpdf(points) for s in samples
    ]
    expected = np.logaddexp.reduce(np.array(logs)) - np.log(len(samples))
    np.testing.assert_allclose(
        parzen_log_likelihood(points, samples, bandwidth), expected, rtol=1e-9, atol=1e-9
    )


def test_parzen_far_away_is_finite():
    value = parzen_log_likelihood(np.array([[1e4]]), np.zeros((2, 1)), 0.1).item()
    assert value == pytest.approx(-(1e8) / 0.02 - np.log(0.1 * np.sqrt(2 * np.pi)))


@pytest.mark.parametrize("shift", [1e3, 1e7])
def test_parzen_is_blind_to_translation(shift):
    points, samples = (np.round(x, 3) for x in points_and_samples(0))
    expected = parzen_log_likelihood(points, samples, 0.1)
    moved = parzen_log_likelihood(points + shift, samples + shift, 0.1)
    np.testing.assert_allclose(moved, expected, atol=1e-4)


@pytest.mark.parametrize("block", [1, 60, 10**9])
def test_parzen_does_not_depend_on_the_blocks(monkeypatch, block):
    points, samples = points_and_samples(0)
    expected = parzen_log_likelihood(points, samples, 0.2)
    monkeypatch.setattr(metrics, "_DISTANCES_AT_ONCE", block)
    np.testing.assert_allclose(parzen_log_likelihood(points, samples, 0.2), expected, rtol=1e-12)


def test_parzen_keeps_no_more_distances_than_allowed(monkeypatch):
    points, samples = (torch.from_numpy(x) for x in points_and_samples(0))
    monkeypatch.setattr(metrics, "_DISTANCES_AT_ONCE", 60)
    shapes = [squared.shape for _, squared in metrics._distance_blocks(points, samples)]
    assert set(shapes) == {(2, 25), (1, 25)}


def test_parzen_takes_images_and_generated_tensors_in_one_unit(digits):
    images = digits.test_images[:30]
    generated = as_tensor(digits.images[:40]).requires_grad_()
    expected = parzen_log_likelihood(images, digits.images[:40], 0.2)
    np.testing.assert_allclose(
        parzen_log_likelihood(torch.from_numpy(images), (generated + 1) / 2, 0.2), expected, 1e-4
    )
    with pytest.raises(ValueError, match=r"count as \[0, 1\]"):
        parzen_log_likelihood(images, generated, 0.2)
    with pytest.raises(ValueError, match=r"count as \[0, 1\]"):
        parzen_score(images.reshape(30, -1) / 1.0, images, images)


def test_parzen_score_needs_two_test_points():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match="at least 2 rows"):
        parzen_score(x, x, x[:1])


def test_parzen_score_chooses_on_validation_and_reports_on_test(monkeypatch):
    samples, validation = points_and_samples(1, sizes=(200, 100))
    test = 2 * points_and_samples(2)[0]
    widths = np.array([0.05, 0.2, 0.5, 1, 3])
    monkeypatch.setattr(metrics, "BANDWIDTHS", widths)
    score = parzen_score(samples, validation, test)
    means = {
        part: [parzen_log_likelihood(x, samples, h).mean() for h in widths]
        for part, x in {"validation": validation, "test": test}.items()
    }
    best = np.argmax(means["validation"])
    assert best != np.argmax(means["test"])  # or the choice would show nothing
    values = parzen_log_likelihood(test, samples, widths[best])
    assert score.bandwidth == widths[best]
    assert score.mean == pytest.approx(values.mean())
    assert score.standard_error == pytest.approx(stats.sem(values))


def test_parzen_score_computes_each_distance_once(monkeypatch):
    counted, blocks = [], metrics._distance_blocks

    def count(x, others):
        counted.append((len(x), len(others)))
        return blocks(x, others)

    monkeypatch.setattr(metrics, "_distance_blocks", count)
    samples, validation = points_and_samples(0)
    parzen_score(samples, validation, validation[:5])
    assert counted == [(25, 15), (5, 15)]


def test_parzen_score_tries_the_papers_bandwidths(digits):
    score = parzen_score(digits.images, digits.test_images[:150], digits.test_images[150:])
    assert np.abs(np.log10(score.bandwidth) * 9 - np.arange(-9, 1)).min() < 1e-9
    assert score.mean > parzen_score(noise_images(1500), *np.split(digits.test_images, 2)).mean


# Real MNIST


@needs_mnist
def test_reads_mnist(mnist, mnist_classifier):
    assert accuracy(mnist_classifier, mnist.test_images, mnist.test_labels) >= 0.985


@needs_mnist
def test_mnists_verdicts_are_in_the_right_order(mnist, mnist_classifier):
    def distance(images):
        return grade_images(mnist_classifier, images, mnist.test_images).frechet

    copies = np.tile(mnist.images[:64], (40, 1, 1))
    real, copied, noise = map(distance, (mnist.images[:10_000], copies, noise_images(2000)))
    assert real < 5
    assert 5 * real < copied < noise / 2


@needs_mnist
def test_the_training_images_have_the_known_parzen_score(mnist):
    """242 nats for 10,000 samples and all test images; a quarter of these is within 3 errors."""
    score = parzen_score(mnist.images[:10_000], mnist.images[50_000:50_500], mnist.test_images[::4])
    assert score.mean == pytest.approx(242, abs=3 * score.standard_error)
    assert score.standard_error < 5
    assert score.bandwidth == pytest.approx(np.logspace(-1, 0, 10)[2])
