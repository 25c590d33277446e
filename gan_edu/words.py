"""Every word that the package shows to a learner, in one place, to be translated in one place."""

WORDS = {
    # the live figure
    "reset": "Reset",
    "static": "Shown for {values}. The sliders need a running notebook.",
    "ticked": {True: "on", False: "off"},
    "progress": "round {done:,} of {total:,}",
    "right": "**You were right: {answer}.** {explanation}",
    "wrong": "**Your prediction was: {choice}. In fact: {answer}.** {explanation}",
    "unanswered": "**{answer}.** {explanation} (You made no prediction yet.)",
    # chapter 05
    "round": "round of the game",
    "losses": "loss, nats",
    "loss_d": "D's loss",
    "loss_g": "G's loss",
    "log_4": "log 4: D knows nothing",
    "answers": "D's mean answer",
    "d_real": "on real images",
    "d_fake": "on forgeries",
    "real": "real",
    "fake": "forged",
    "digit": "digit, as the judge reads it",
    "share": "share of images",
    "nearest": "nearest real image",
    "walk": "what each slider would do, from −3 to 3",
}
