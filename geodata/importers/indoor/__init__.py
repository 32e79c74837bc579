"""Readers of the formats that floor plans and placements come in: each gives a plan and problems.

None of them guesses silently: what was inferred, repaired or left out is a problem in the result.
"""
