"""Who may do what, and how much of it.

settings    every variable
policy      roles, and the rule of a method (which methods have which: `services.policy`)
keys        API keys as pure data; `key_store` keeps them in Redis, `key_ring` in each process
tokens      JSON Web Tokens, checked against a file of public keys
tls         the server's certificate, and clients known by theirs
credentials who a request says it is, from its headers, its address and its certificate
limits      how much each caller may ask: GCRA, in this process or for all of them
gate        all of it before each call
"""
