"""The puzzle of chapter 05: the average of the generator's weights."""

import copy
from pathlib import Path

from gan_edu.checking import prose
from gan_edu.checking.puzzle import ONE_STEP, Names, Stage, of_lines, parameters, two_players

TEXT = prose.read(Path(__file__).parent, "puzzles.md")


def _with_average() -> tuple[Names, list[Names]]:
    names, iterations = two_players(iterations=3)
    return names | {"average": copy.deepcopy(names["generator"])}, iterations


PUZZLES = (
    of_lines(
        TEXT["5.p1"],
        Stage(_with_average, parameters("generator", "average")),
        right={
            "loss": "loss_g = generator_non_saturating(discriminator(generator(z)))",
            "zero": "opt_g.zero_grad()",
            "back": "loss_g.backward()",
            "step": "opt_g.step()",
            "loop": "for slow, now in zip(average.parameters(), generator.parameters()):",
            "lerp": "    slow.data.lerp_(now.data, 0.01)  # slow += 0.01 * (now - slow)",
        },
        wrong={
            "lerp_back": "    now.data.lerp_(slow.data, 0.01)",
            "lerp_whole": "    slow.data.lerp_(now.data, 0.99)",
            "loss_of_average": "loss_g = generator_non_saturating(discriminator(average(z)))",
        },
        orders=(*ONE_STEP, ("loop", "lerp", "loop_late"), ("step", "loop", "average_before_step")),
    ),
)
