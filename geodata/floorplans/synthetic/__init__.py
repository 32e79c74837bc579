"""Generates a synthetic floor plan and planogram for a real outline, for demos and tests.

No open data has planograms of real shops. The attribution of a generated plan always says that
it is synthetic. The same outline, products and seed give the same store.
"""
