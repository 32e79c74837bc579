"""Coverage-guided fuzzing of what reads bytes from outside: `make fuzz`.

`target.py` says what a target is, `targets/` has them, `mutation.py` makes inputs of others,
`guided.py` runs one under atheris, `__main__.py` all of them in turn, and `test_targets.py` runs
them without atheris, over their seeds and a few mangled ones.
"""
