"""Five peer services, the read model they embed, and the channels on top of them."""
