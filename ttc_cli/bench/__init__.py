"""Measuring: strategies over data sets, common samples drawn once, reports with intervals."""
