"""On which shelf, and the shortest way round: `enrayon.aisle.v1.AisleService`.

Owns `stores/{id}/floorPlans/{id}`, `stores/{id}/blockedAreas/{id}` and `stores/{id}/anchors/{id}`
(records of kind `plans`), and where products stand (records of kind `placements`); see
`services.directory` for both. The ids of records:

    {plans}:records         the resource's own name
    {placements}:records    `stores/<id>/<sku>`, `planograms/<id>/<sku>`: ProductPlacements;
                            `reports/<id>/<sku>`: what shoppers reported at a store, as JSON
"""
