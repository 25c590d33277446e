"""Pictures that answer: sliders around a drawing, games that play, predictions, stills."""

from gan_edu.stage.controls import button, log, one_of, pen, played
from gan_edu.stage.exploring import explore
from gan_edu.stage.paper import projector
from gan_edu.stage.playing import play
from gan_edu.stage.predicting import predict, surprises
from gan_edu.stage.scenes import Scene, scene
from gan_edu.stage.sketching import Part, densities, sketch
from gan_edu.stage.stills import picture, show
from gan_edu.stage.watching import progress, watch

__all__ = [
    "Part",
    "Scene",
    "button",
    "densities",
    "explore",
    "log",
    "one_of",
    "pen",
    "picture",
    "play",
    "played",
    "predict",
    "progress",
    "projector",
    "scene",
    "show",
    "sketch",
    "surprises",
    "watch",
]
