"""Tools for chat agents, by the Model Context Protocol: the services' own answers in few words.

Each answer is structured content and a sentence that an agent can say as it is.
"""
