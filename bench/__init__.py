"""Measurements: ratios against peers, taken side by side in one run."""
