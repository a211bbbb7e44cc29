"""Periods and thresholds of supervision from law and practice, dated and per region, with their sources."""
