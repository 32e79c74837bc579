"""The suite under a virtual clock, network and database: one seed is one run, and repeats.

small      a suite with fewer partitions, to be imported first
loop       an event loop that leaps from timer to timer
database   a real Valkey, one command at a time, whose time is the run's; its crashes
network    connections between the parts, which lose, delay and cut by the seed
nodes      processes of the suite: those that serve, those that work, and their deaths
plan       the acts and faults of a seed, in their order
clients    shoppers, tills, phones, associates, endpoints: they do the acts of a plan
laws       promises of the suite, looked at as a run goes on and at its end
run        one run of a plan; its trace and its verdict
shrink     the fewest acts and faults of a plan that still break a law
sources    a count of uses of real clocks and chance
planted    the faults that are planted
mutants    faults planted one at a time: each must break a law
"""
