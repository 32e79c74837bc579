"""On which shelf, and the shortest way round: `enrayon.aisle.v1.AisleService`.

Where a request goes:

    read    servicer -> resources/<what is asked>.py -> replica/shops.py (the plan in force, what is
            shut, where products stand) -> geodata.floorplans, geodata.wayfinding -> convert
    route   resources/routes.py -> shops.network (walkable network of a plan and profile, computed
            once, in a thread) -> geodata.wayfinding.route -> convert/routes.py
    write   servicer -> resources/<resource>.py -> directory.resources or directory.upserts
            -> write.lua -> the change streams -> every process's replica/feeds.py

A QR code of an anchor is signed by the keyring; resolving it checks the signature, then the record.
Reports of shoppers are counted on the digest of what the planogram said when they were made.

Owns the records of two kinds (see `services.directory.keys`):

    {plans}:records         by name: `stores/{id}/floorPlans/{id}`, `.../blockedAreas/{id}`,
                            `.../anchors/{id}`
    {placements}:records    `stores/<id>/<sku>`, `planograms/<id>/<sku>`: ProductPlacements;
                            `reports/<id>/<sku>`: what shoppers reported at a store, as JSON
"""
