"""Opening hours: schedules, and their state at an instant.

`model` defines a schedule and the order in which its rules decide. `timeline` answers for one
schedule: `timeline(schedule).state_at(at)`. `open_states` answers for many stores at once.
`validation` judges input, `formats` read and write the formats of others, `words` and `week` show a
schedule to people.

Texts become rules: `reading` tries OSM's `grammar` (with `tokens`, `plain` and `syntax`), then
other `spelling`s, then `prose` (with `clock`). `doubts` are texts of two meanings, `repairs` slips
of one. `writing` writes rules in OSM's grammar. Rules become hours: `selection` and `date_ranges`
tell which dates a rule selects, `hours` and `painting` the hours of a date, `sun` when the sun
rises; `expression` is a text that can be asked. `holiday_calendar`, `special_days` and `day_hours`
are about local dates, `closures`, `zones` and `runs` about instants.
"""
