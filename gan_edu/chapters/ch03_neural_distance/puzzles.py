"""The puzzle of chapter 03: one step of a discriminator."""

from pathlib import Path

from gan_edu.checking import prose
from gan_edu.checking.puzzle import ONE_STEP, Names, Stage, of_lines, parameters, two_players

TEXT = prose.read(Path(__file__).parent, "puzzles.md")


def _samples() -> tuple[Names, list[Names]]:
    names, iterations = two_players()
    return names, [{"x_real": batch["x_real"], "x_fake": batch["z"] - 1} for batch in iterations]


PUZZLES = (
    of_lines(
        TEXT["3.p1"],
        Stage(_samples, parameters("discriminator")),
        right={
            "real": "a_real = discriminator(x_real)",
            "fake": "a_fake = discriminator(x_fake)",
            "loss": "loss_d = -logsigmoid(a_real).mean() - logsigmoid(-a_fake).mean()",
            "zero": "opt_d.zero_grad()",
            "back": "loss_d.backward()",
            "step": "opt_d.step()",
        },
        wrong={
            "loss_swapped": "loss_d = -logsigmoid(-a_real).mean() - logsigmoid(a_fake).mean()",
            "loss_squashed": "loss_d = -logsigmoid(a_real.sigmoid()).mean()"
            " - logsigmoid(-a_fake.sigmoid()).mean()",
            "fake_on_real": "a_fake = discriminator(x_real)",
        },
        orders=(*ONE_STEP, ("real", "loss", "loss_early"), ("fake", "loss", "loss_early")),
    ),
)
