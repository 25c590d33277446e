"""The puzzle of chapter 01: one step of a regression."""

from pathlib import Path

from gan_edu.checking import prose
from gan_edu.checking.puzzle import ONE_STEP, Names, Stage, of_lines, parameters

TEXT = prose.read(Path(__file__).parent, "puzzles.md")


def _regression() -> tuple[Names, list[Names]]:
    import torch

    from gan_edu.networks import mlp

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = mlp((1, 4, 1), "tanh")
        noise = [torch.rand(8, 1) * 0.9 + 0.05 for _ in range(2)]
    names = {"network": network, "optimiser": torch.optim.SGD(network.parameters(), lr=0.1)}
    return names, [{"pairs": (z, torch.special.ndtri(z))} for z in noise]


PUZZLES = (
    of_lines(
        TEXT["1.p1"],
        Stage(_regression, parameters("network")),
        right={
            "pairs": "z, x = pairs",
            "loss": "loss = (network(z) - x).square().mean()",
            "zero": "optimiser.zero_grad()",
            "back": "loss.backward()",
            "step": "optimiser.step()",
        },
        wrong={
            "loss_of_noise": "loss = (network(z) - z).square().mean()",
            "loss_inverted": "loss = (network(x) - z).square().mean()",
            "step_of_loss": "loss.step()",
        },
        orders=(*ONE_STEP, ("pairs", "loss", "pairs_late")),
    ),
)
