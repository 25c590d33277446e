"""The puzzle of chapter 06: a whole GAN."""

from pathlib import Path

from gan_edu.checking import prose
from gan_edu.checking.puzzle import Names, Stage, of_lines, parameters, two_players

TEXT = prose.read(Path(__file__).parent, "puzzles.md")


def _no_optimisers() -> tuple[Names, list[Names]]:
    names, iterations = two_players(iterations=1, batches=3)
    return {name: names[name] for name in names if not name.startswith("opt_")}, iterations


PUZZLES = (
    of_lines(
        TEXT["6.p1"],
        Stage(_no_optimisers, parameters("generator", "discriminator")),
        right={
            "opt_d": "opt_d = SGD(discriminator.parameters(), lr=0.1)",
            "opt_g": "opt_g = SGD(generator.parameters(), lr=0.1)",
            "loop": "for x_real, z in batches:",
            "fake": "    x_fake = generator(z)",
            "loss_d": "    loss_d = discriminator_loss("
            "discriminator(x_real), discriminator(x_fake.detach()))",
            "train_d": "    opt_d.zero_grad(); loss_d.backward(); opt_d.step()",
            "loss_g": "    loss_g = generator_non_saturating(discriminator(x_fake))",
            "train_g": "    opt_g.zero_grad(); loss_g.backward(); opt_g.step()",
        },
        wrong={
            "opt_g_of_d": "opt_g = SGD(discriminator.parameters(), lr=0.1)",
            "loss_d_swapped": "    loss_d = discriminator_loss("
            "discriminator(x_fake.detach()), discriminator(x_real))",
            "loss_g_of_d": "    loss_g = -loss_d",
            "train_g_cleared": "    loss_g.backward(); opt_g.zero_grad(); opt_g.step()",
        },
        orders=(
            ("loop", "fake", "loop_late"),
            ("train_d", "loss_g", "g_first"),
            ("opt_g", "loop", "optimiser_late"),
            ("opt_d", "loop", "optimiser_late"),
            ("fake", "loss_d", "fake_late"),
        ),
    ),
)
