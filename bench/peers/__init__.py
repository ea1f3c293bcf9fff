"""What others make of the same file: each `bad_rows(path, cores)` gives the number of rows that break a rule.

The rules are those that Takeback checks here: an order number and a title, a day that exists in one of five forms, a quantity
of one or more, five exact amounts, a known status. They run in an environment of their own (`.venv-bench`).
"""
