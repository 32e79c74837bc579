"""Which stores there are, and which is nearest: `enrayon.stores.v1.StoresService`.

Owns the resource `stores/{id}`. Writes the Redis keys of `services.directory`, all under the
hash tag `{stores}`: the records, the stream of changes, its sequence and the epoch.
"""
