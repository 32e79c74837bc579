"""Which stores there are, and which is nearest: `enrayon.stores.v1.StoresService`.

Owns the resource `stores/{id}`. Writes the records of kind `stores` (see `services.directory`):
`{stores}:records`, `{stores}:changes`, `{stores}:sequence`.
"""
