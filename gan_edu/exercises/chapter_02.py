"""Exercises of chapter 02: distances between samples."""

import numpy as np
from scipy.special import rel_entr

from gan_edu.divergences import js, symmetrised_kl
from gan_edu.exercises.exercise import Exercise
from gan_edu.exercises.guard import call
from gan_edu.exercises.reading import close, number


def two_laws(rng, bins):
    """Return two random laws on the same bins."""
    return rng.dirichlet(np.ones(bins)), rng.dirichlet(np.ones(bins))


def jensen_shannon(p, q):
    m = (p + q) / 2
    return np.sum(rel_entr(p, m) + rel_entr(q, m)) / 2


def _symmetrised(p, q):
    return np.sum(rel_entr(p, q) + rel_entr(q, p)) / 2


def _root(p, q):
    return np.sqrt(jensen_shannon(p, q))


def _verify_js(answer, rng):
    for bins in (2, 3, 10, 100):
        p, q = two_laws(rng, bins)
        found = number(call(answer, p, q))
        if close(found, js(p, q)):
            continue
        if close(found, symmetrised_kl(p, q)):
            return "This is the symmetrised KL, (2.3). Which law stands between p and q in (2.4)?"
        if close(found, np.sqrt(js(p, q))):
            return "This is the root of JS, as SciPy's function returns it."
        return f"For {bins} bins it gives {found:.4f} where JS is {js(p, q):.4f}."
    return None


EXERCISES = (
    Exercise(
        name="2.3",
        kind="code",
        minutes=8,
        question="Write Jensen–Shannon yourself",
        verify=_verify_js,
        hints=("Start with the mixture m.", "Then it is a mean of two KLs.", "`rel_entr(p, m)`"),
        answer=jensen_shannon,
        solution="Each of the two meets the mean of both.",
        wrong=((_symmetrised, "symmetrised KL"), (_root, "root of JS")),
    ),
)
