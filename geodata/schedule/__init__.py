"""Opening hours: what a schedule is, and whether it is open at an instant.

`model` says what a schedule is and in which order its rules decide. `timeline` answers for one
schedule: `timeline(schedule).state_at(at)`. `open_states` answers for many stores at once.
`validation` judges input, `formats` read and write what others use, `words` and `week` show it to
people. The rest is how: `grammar`, `expression`, `overnight` and `holiday_selectors` are about OSM
text, `holiday_calendar`, `special_days` and `day_hours` about local dates, `closures`, `zones` and
`runs` about instants.
"""
