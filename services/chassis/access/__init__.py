"""Access control: who may call which method, and how often.

settings       every variable
policy         roles, and the rule of a method (`services.policy` has the rules of all)
keys           API keys as pure data; `key_store` keeps them in the database, `key_ring` in memory
sessions       links and sessions of people, as pure data: more secrets of their keys
tokens         JSON Web Tokens, checked against a file of public keys
stores         the stores that shop staff is bound to
tls            the server's certificate, and clients that are known by theirs
credentials    what a request shows: headers, address, certificate
authenticator  the caller's identity by its credentials
limits         calls and streams that each caller may make (GCRA)
gate           all of it, before each call
"""
