"""Bytes to rows: the only package that imports pandas or a spreadsheet reader."""
