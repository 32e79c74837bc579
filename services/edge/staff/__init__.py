"""The pages of the people of a chain: the counter of a shop (`/staff/{store}`), and `/admin`.

They are for signed-in people alone, and not there for others: 404. Whoever has a one-time link
exchanges it at `/sign-in` for a session, a cookie that no script reads. From then on the pages call
the JSON API as all clients do; the services know the session by its cookie, and take it only from
pages of this host (`services.chassis.access.credentials`).
"""
