"""The outside: files (S3) and the database. Nothing here knows how a spreadsheet is read."""
