"""Imports floor plans and placements from files of several formats, with a list of problems.

No reader guesses silently: everything inferred, repaired or left out is a problem in the result.
"""
