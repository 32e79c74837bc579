"""When stores and what is inside them are open: `enrayon.hours.v1.HoursService`.

Owns the resources `stores/{id}/hours`, their services and closures, and `stores/{id}/events`.
Writes the records of kind `hours` (see `services.directory.hours`): `{hours}:records`,
`{hours}:changes`, `{hours}:sequence`.
"""
