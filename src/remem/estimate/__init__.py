"""What a run will take, before anything of it is made: parameters, tokens, memory, time."""

from remem.estimate.cards import CARDS, Card, here
from remem.estimate.foresee import Forecast, foresee

__all__ = ["CARDS", "Card", "Forecast", "foresee", "here"]
