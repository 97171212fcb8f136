"""A finished run as one page, tables and figures. Reads files only: no model, no torch."""

from remem.report.write import write

__all__ = ["write"]
