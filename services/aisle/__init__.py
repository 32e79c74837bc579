"""The aisle service: floor plans, the shelves of products, and shortest routes inside a store.

Implements `enrayon.aisle.v1.AisleService`.

Where a request goes:

    read    servicer -> resources/<resource>.py -> replica/shops.py (the plan in force, its blocked
            areas, the placements) -> geodata.floorplans, geodata.wayfinding -> convert
    route   resources/routes.py -> a child process (chassis.processes.pool) -> convert/walks.py
            (the walkable network of a plan and profile, computed once) -> geodata.wayfinding.route
            -> convert/routes.py
    picture resources/pictures.py -> another child process -> convert/pictures.py
    write   servicer -> resources/<resource>.py -> directory.resources or directory.upserts
            -> write.lua -> the change streams -> replica/feeds.py of every process

The keyring signs the QR code of an anchor; resolving it checks the signature, then the record.
Shoppers' reports on a product count only as long as its placements are those they were made on.

Owns the records of two kinds (see `services.directory.keys`):

    {plans}:records         by name: `stores/{id}/floorPlans/{id}`, `.../blockedAreas/{id}`,
                            `.../anchors/{id}`
    {placements}:records    `stores/<id>/<sku>`, `planograms/<id>/<sku>`: ProductPlacements;
                            `reports/<id>/<sku>`: the reports of shoppers at a store, as JSON
"""
