"""Access: the sessions of people at pages, and the keys: `enrayon.access.v1.AccessService`.

Keys, links and sessions lie with the access control of the chassis (`services.chassis.access`),
which also checks the session of each call; `enrayon keys` makes keys and links.

    OpenSession -> resources/sessions.py   a link becomes a session, in one change of its key
    the rest    -> resources/sessions.py   read and end sessions, list keys
"""
