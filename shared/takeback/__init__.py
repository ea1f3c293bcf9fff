"""Takeback: spreadsheet imports that can be taken back."""
