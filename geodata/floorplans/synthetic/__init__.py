"""An invented planogram for a real outline: for demos and tests, and always said to be synthetic.

No open data says on which shelf of which shop a product stands, so this makes one up: the same
outline, products and seed give the same store.
"""
