"""Pure rules: no file, no network, no clock, no database. Time and ids are arguments."""
