"""Answers in, numbers out: metrics, intervals, the gate, verdicts. No torch here."""
