"""A bare machine built in a folder, on which a newcomer's two commands are tried: `make fresh`.

    __main__.py   builds the machines, runs the commands, prints what was found
    machine.py    a bare Debian in a folder, and commands in it that leave nothing behind
    demo.py       runs on the machine: starts `make demo`, and judges its first answers
    verdict.py    what the tests did, and whether each that was skipped may be

Only the standard library: nothing is set up yet where it runs.
"""
