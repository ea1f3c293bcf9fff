"""Takeback: spreadsheet imports that can be taken back."""

__version__ = "0.1.0"
