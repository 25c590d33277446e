"""The puzzle of chapter 02: a generator learns from soft bins."""

from pathlib import Path

from gan_edu.checking import prose
from gan_edu.checking.puzzle import ONE_STEP, Names, Stage, of_lines, parameters

TEXT = prose.read(Path(__file__).parent, "puzzles.md")


def _histogram() -> tuple[Names, list[Names]]:
    import torch

    from gan_edu import losses
    from gan_edu.networks import mlp

    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator, centres = mlp((1, 4, 1), "tanh"), torch.linspace(-4, 4, 9)
        noise = [torch.rand(16, 1) for _ in range(2)]
    p = losses.soft_histogram(torch.linspace(0, 2, 50), centres)
    names = {
        "torch": torch, "generator": generator, "centres": centres, "p": p,
        "soft_histogram": losses.soft_histogram, "js_loss": losses.js_loss,
        "optimiser": torch.optim.SGD(generator.parameters(), lr=0.1),
    }  # fmt: skip
    return names, [{"z": z} for z in noise]


PUZZLES = (
    of_lines(
        TEXT["2.p1"],
        Stage(_histogram, parameters("generator")),
        right={
            "samples": "x_fake = generator(z)",
            "shares": "q = soft_histogram(x_fake, centres)",
            "loss": "loss = js_loss(p, q)",
            "zero": "optimiser.zero_grad()",
            "back": "loss.backward()",
            "step": "optimiser.step()",
        },
        wrong={
            "shares_counted": "q = torch.histc(x_fake, 9, -4.5, 4.5) / len(x_fake)",
            "shares_detached": "q = soft_histogram(x_fake.detach(), centres)",
            "loss_negative": "loss = -js_loss(p, q)",
        },
        orders=(*ONE_STEP, ("samples", "shares", "shares_early"), ("shares", "loss", "loss_early")),
    ),
)
