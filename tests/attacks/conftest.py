"""The small arms, made once for all files that ask for them here."""

from attacks.small import arms, plain

__all__ = ["arms", "plain"]
