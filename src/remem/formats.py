"""How a score is written: hundredths, here and nowhere else."""

NONE = "–"


def hundredths(value: float | None, digits: int = 1) -> str:
    """A score in [0, 1] as hundredths: 0.97 -> "97.0"; a dash where there is none."""
    return NONE if value is None else plain(value * 100, digits)


def plain(value: float, digits: int) -> str:
    """With so many digits, a true minus, and no minus before zero."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{digits}f}"
