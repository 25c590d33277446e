"""Words of the playground, until they too are marked where they stand."""

WORDS = {
    "counts": {"heap": ("heap", "heaps"), "round": ("round", "rounds")},
    "loss_d": "D's loss",
    "loss_g": "G's loss",
    "real": "real",
    "fake": "forged",
    "the_plane": "real and forged samples",
    "the_line": "both laws, and D",
    "signs": {
        "losses": "losses",
        "heaps reached": "reached",
        "D's accuracy": "accuracy",
        "what reaches G": "passed",
        "G's mean": "mean",
    },
    "sign_titles": {
        "reached": "reached {reached:.0f} of {of} (well: over {most})",
        "accuracy": "D right {accuracy:.0%} (well: {weak:.0%} to {border:.0%})",
        "passed": "reaches G {passed:.0%} (well: from {border:.0%})",
        "mean": "swing {swing:.2f} (well: below {border})",
    },
    "findings": {
        "all well": "W₁ of G's average {w1:.2f} (up to {border:.2f}), "
        "heaps not covered: {missing:.0f} (none)",
        "collapse": "heaps reached: {reached:.0f} of {of} (up to {most}), "
        "with {share:.0%} of G's samples on heaps (from {least:.0%})",
        "vanishing gradient": "{passed:.1%} of D's slope reaches G (below {border:.0%})",
        "D too strong": "D is right in {accuracy:.0%} of the pairs (from {border:.0%})",
        "D too weak": "D is right in {accuracy:.0%} of the pairs (up to {border:.0%}), "
        "with W₁ at {far:.1f} of the target's spread (far: from {least:.0f})",
        "cycling": "G's mean swings by {swing:.2f} spreads (from {border}), with "
        "regularity {regular:.2f} (from {least}), every {period:.0f} rounds (from {shortest})",
    },
    "missions": {
        "collapse": {
            "tasks": (
                "Make it collapse: most of G's samples on half of the heaps, or fewer.",
                "save it, from a *Reset* on. All well again, and the loss stays *{loss}*.",
            ),
            "hints": (
                "Against a D that is far ahead, G is safe on few heaps only.",
                "The non-saturating loss, D's rate 0.05, five steps of D a round: then *Reset*.",
                "Saved it is by one of the knobs that broke it, and *Reset*: try them one by one.",
            ),
        },
        "starve": {
            "tasks": (
                "Starve G: less than a twentieth of D's slope may reach it.",
                "feed it, from a *Reset* on. All well again, in whatever way you like.",
            ),
            "hints": (
                "Minimax hands on D's own answer to a forgery: who must be sure of itself?",
                "Ten steps of D a round, at a rate of 0.01: then press *Reset*.",
                "Feed G by a D that is less sure: fewer steps, or a smaller rate.",
            ),
        },
        "circles": {
            "tasks": (
                "Make G turn in circles: its mean swings, again and again.",
                "stop it, from a *Reset* on. All well again.",
            ),
            "hints": (
                "Chapter 4: what happens if D takes too few steps for each of G's?",
                "Take away D's steps, one after the other, and look at G's mean.",
                "Ten steps of D a round stop it; *Reset*, and give it a thousand rounds.",
            ),
        },
        "drawing": {
            "tasks": ("Draw five heaps or more, and bring G's average near.",),
            "hints": (
                "Few heaps that lie near each other are easier than many that lie apart.",
                "A larger *average* is calmer, but remembers the beginning: give it time.",
                "Smaller rates for both, late in the game, take away the jitter.",
            ),
        },
    },
    "too_early": {
        False: "too few rounds yet to tell",
        True: "too few rounds yet to tell: a circle shows from round 800 on",
    },
    "fires": {True: "**●**", False: "○"},
    "distances": {
        (2, "w1"): "W₁ of 256 samples, cut at 10",
        (2, "js"): "JS in 400 cells, in nats",
        (1, "w1"): "W₁ to the exact law, cut at 10",
        (1, "js"): "JS in 100 bins, in nats",
    },
    "stages": {
        "real": "1  D's turn. A batch of {count} real samples is drawn (rings).",
        "noise": "2  Noise z is drawn, {count} (squares).",
        "forge": "3  G carries each z to a place of its own: a forgery.",
        "judge": "4  D's output, on average: {real:.2f} on real ones, {fake:.2f} on forged ones.",
        "loss_d": "5  From these outputs alone D's loss is computed: {loss:.3f}.",
        "gradient_d": "6  Each sample pulls at D's weights: the larger its ring, the harder.",
        "update_d": "7  D has moved. The same samples: {real:.2f} on real, {fake:.2f} on forged.",
        "judge_again": "8  G's turn. The new D's output on its forgeries: {fake:.2f} on average.",
        "loss_g": "9  From this output alone G's loss is computed: {loss:.3f}.",
        "gradient_g": "10  G's loss has, through D, a slope at each forgery: arrows, scaled alike.",
        "update_g": "11  G has moved. The same z lands elsewhere, on average by {moved:.3f}.",
        "end": "12  The average of G follows a little. Round {round} is over.",
    },
    "settings": {
        "target": "target",
        "loss": "loss",
        "lr_d": "D's rate",
        "lr_g": "G's rate",
        "d_steps": "D's steps a round, k",
        "seed": "start",
        "noise": "noise",
        "layers_g": "hidden layers of G",
        "width_g": "width of G",
        "layers_d": "hidden layers of D",
        "width_d": "width of D",
        "activation_g": "activation of G",
        "activation_d": "activation of D",
        "g_steps": "G's steps a round",
        "optimiser_d": "D's optimiser",
        "optimiser_g": "G's optimiser",
        "drawing": "your drawing",
        "distance": "distance",
        "sign": "middle picture",
        "batch_size": "batch",
        "average_share": "average: share of the game",
        "penalty": "penalty's weight λ",
        "one_sided": "one-sided penalty",
        "clip": "clip weights at",
        "show_real": "real samples",
        "show_fake": "forged samples",
        "show_judge": "D",
        "show_best": "D* (1-D)",
        "show_map": "G's map",
        "show_arrows": "arrows",
    },
}


def count(number: int, noun: str) -> str:
    """Return a number with its noun, one of `WORDS["counts"]`: "1 round", "2,000 rounds"."""
    one, more = WORDS["counts"][noun]
    return f"{number:,} {one if number == 1 else more}"
