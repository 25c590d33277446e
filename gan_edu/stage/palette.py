"""One palette for the whole course."""

# Safe for colour-blind eyes (Okabe and Ito 2008). A role never changes its colour, and no role is
# told by colour alone: each has a line style or marker too.
REAL = "#0072B2"
FAKE = "#D55E00"
DISCRIMINATOR = "#007A5A"
EXACT = "#222222"
NOISE = "#6E6E6E"
DRAWN = "#9B3F86"
SECOND, THIRD = "#882255", "#3D5A98"  # of a game beside another one
PAPER = "#FFFFFF"

# The same roles on the dark sheet of a dark page.
DARK = {
    "real": "#56B4E9",
    "fake": "#FF9447",
    "discriminator": "#35D0A0",
    "exact": "#F0F2F4",
    "noise": "#8A939C",
    "paper": "#14181D",
}
