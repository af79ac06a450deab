"""How good a network is on held-out scenes, compared with guesses and classical stereo."""

from splat_widgets.training.evaluate.photos import evaluate_photos
from splat_widgets.training.evaluate.records import Evaluation
from splat_widgets.training.evaluate.run import evaluate, held_out, predict_points

__all__ = ["Evaluation", "evaluate", "evaluate_photos", "held_out", "predict_points"]
