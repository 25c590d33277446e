"""The puzzles of chapter 04: an iteration, and one with several steps of the discriminator."""

from pathlib import Path

from gan_edu.checking import prose
from gan_edu.checking.puzzle import Stage, of_lines, parameters, two_players

TEXT = prose.read(Path(__file__).parent, "puzzles.md")

_BOTH = parameters("generator", "discriminator")
_D = "discriminator_loss(discriminator(x_real), discriminator({fake}))"

PUZZLES = (
    of_lines(
        TEXT["4.p1"],
        Stage(two_players, _BOTH),
        right={
            "fake": "x_fake = generator(z)",
            "loss_d": "loss_d = " + _D.format(fake="x_fake.detach()"),
            "zero_d": "opt_d.zero_grad()",
            "back_d": "loss_d.backward()",
            "step_d": "opt_d.step()",
            "loss_g": "loss_g = generator_non_saturating(discriminator(x_fake))",
            "zero_g": "opt_g.zero_grad()",
            "back_g": "loss_g.backward()",
            "step_g": "opt_g.step()",
        },
        wrong={
            "loss_d_attached": "loss_d = " + _D.format(fake="x_fake"),
            "loss_d_swapped": "loss_d = discriminator_loss("
            "discriminator(x_fake.detach()), discriminator(x_real))",
            "loss_g_detached": "loss_g = generator_non_saturating(discriminator(x_fake.detach()))",
        },
        orders=(
            ("zero_d", "back_d", "zero_d_after_backward"),
            ("zero_g", "back_g", "zero_g_after_backward"),
            ("step_d", "loss_g", "g_first"),
            ("back_d", "step_d", "step_before_backward"),
            ("back_g", "step_g", "step_before_backward"),
            ("fake", "loss_d", "fake_late"),
        ),
    ),
    of_lines(
        TEXT["4.p2"],
        Stage(lambda: two_players(batches=3), _BOTH),
        right={
            "loop": "for x_real, z in batches:",
            "loss_d": "    loss_d = " + _D.format(fake="generator(z).detach()"),
            "zero_d": "    opt_d.zero_grad()",
            "back_d": "    loss_d.backward()",
            "step_d": "    opt_d.step()",
            "loss_g": "loss_g = generator_non_saturating(discriminator(generator(z)))",
            "zero_g": "opt_g.zero_grad()",
            "back_g": "loss_g.backward()",
            "step_g": "opt_g.step()",
        },
        wrong={
            "step_d_outside": "opt_d.step()",
            "step_g_inside": "    opt_g.step()",
            "zero_d_of_g": "    opt_g.zero_grad()",
        },
        orders=(
            ("loop", "loss_d", "loop_late"),
            ("zero_d", "back_d", "zero_d_after_backward"),
            ("step_d", "loss_g", "g_first"),
            ("back_d", "step_d", "step_before_backward"),
            ("back_g", "step_g", "step_before_backward"),
            ("zero_g", "back_g", "zero_g_after_backward"),
        ),
    ),
)
