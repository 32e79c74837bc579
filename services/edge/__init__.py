"""The HTTP channel: Envoy and the application behind it; no business rule lives here.

A request on the HTTP port goes through Envoy (`envoy/`), which routes it by the contracts:

    gRPC, gRPC-Web          -> the services, unchanged
    JSON under /v1          -> transcoded to gRPC, then the services
    every other path        -> the application (`app.py`): pick-up options (`pickup/`), OpenAPI
                               (`openapi/`), UCP (`ucp/`), tools for agents (`agents/`), the web
                               locator (`web/`); it calls the services with the caller's headers
"""
