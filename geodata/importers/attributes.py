"""Maps tags, services and ownership of a store to namespaced attribute ids.

- `dev.ucp.amenity.*`: the amenities of the Universal Commerce Protocol.
- `osm.<key>` for an OSM tag with the value yes, `osm.<key>.<value>` for other values. Colons become
  dots (`osm.payment.visa`, `osm.diet.vegan`). The trade is one of these: `osm.shop.bakery`.
- `enrayon.service.<slug>` and `enrayon.ownership.<slug>` where OSM has no tag.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from geodata.gazetteer import fold
from geodata.importers.record import words

TRADE_KEYS = ("shop", "amenity", "craft", "office", "tourism", "leisure", "healthcare")
_FLAGS = {
    "internet_access": "dev.ucp.amenity.wi_fi",
    "wifi": "dev.ucp.amenity.wi_fi",
    "free_wi_fi": "dev.ucp.amenity.wi_fi",
    "parking": "dev.ucp.amenity.parking",
    "in_store_pickup": "dev.ucp.amenity.shopping.in_store_pickup",
    "click_and_collect": "dev.ucp.amenity.shopping.in_store_pickup",
    "curbside_pickup": "dev.ucp.amenity.shopping.curbside_pickup",
    "card_payment": "osm.payment.cards",
    "free": "osm.fee.no",
    "itinerant": "enrayon.service.mobile",
    "plugs_ccs": "osm.socket.type2_combo",
    "plugs_chademo": "osm.socket.chademo",
    "plugs_ef": "osm.socket.typee",
    "plugs_t2": "osm.socket.type2",
    "reservation": "osm.reservation",
}
_KEYS = words(
    """
    air_conditioning atm bar bulk_purchase car_wash changing_table compressed_air
    cuisine delivery drive_in drive_through fee hgv indoor_seating lottery organic
    outdoor_seating second_hand self_checkout self_service shower takeaway toilets wheelchair
    """
)
_PREFIXES = ("payment:", "diet:", "fuel:", "service:", "socket:", "toilets:", "currency:")
_NO = words("no false 0 none unknown n non nein non_accessible accessibilite_inconnue")
_YES = words(
    """
    yes true 1 y oui designated wlan ja reserve_pmr accessible_mais_non_reserve_pmr
    """
)
_SERVICES = {
    "Aire de camping-cars": "enrayon.service.motorhome_area",
    "Automate CB 24/24": "osm.self_service",
    "Bar": "osm.bar",
    "Bornes électriques": "osm.fuel.electricity",
    "Boutique alimentaire": "osm.shop.convenience",
    "Boutique non alimentaire": "osm.shop.kiosk",
    "Carburant additivé": "enrayon.service.additivated_fuel",
    "DAB (Distributeur automatique de billets)": "osm.atm",
    "Drive-Thru": "osm.drive_through",
    "Douches": "osm.shower",
    "Espace bébé": "osm.changing_table",
    "GNV": "osm.fuel.cng",
    "Lavage automatique": "osm.car_wash",
    "Lavage manuel": "enrayon.service.manual_car_wash",
    "Laverie": "osm.shop.laundry",
    "Location de véhicule": "osm.amenity.car_rental",
    "Piste poids lourds": "osm.hgv",
    "Relais colis": "enrayon.service.parcel_pickup",
    "Restauration sur place": "osm.indoor_seating",
    "Restauration à emporter": "osm.takeaway",
    "Services réparation / entretien": "osm.shop.car_repair",
    "Station de gonflage": "osm.compressed_air",
    "Toilettes publiques": "osm.toilets",
    "Vente d'additifs carburants": "enrayon.service.fuel_additives",
    "Vente de fioul domestique": "osm.fuel.heating_oil",
    "Vente de gaz domestique (Butane, Propane)": "osm.fuel.lpg_bottles",
    "Vente de pétrole lampant": "osm.fuel.kerosene",
    "Wifi": "dev.ucp.amenity.wi_fi",
}


def from_tags(tags: Mapping[str, str]) -> set[str]:
    """The ids of OSM tags, or of columns with the names of tags."""
    return {found for key, value in tags.items() for found in _from_tag(key, value)}


def from_services(services: str) -> set[str]:
    """The ids of a list of services separated by `|`, in French or English."""
    names = (name.strip() for name in services.split("|"))
    return {
        _SERVICES.get(name) or _FLAGS.get(_slug(name)) or f"enrayon.service.{_slug(name)}"
        for name in names
        if _slug(name)
    }


def from_ownership(ownership: str) -> set[str]:
    """The id of the kind of ownership, such as `enrayon.ownership.licensed`."""
    return {f"enrayon.ownership.{_slug(ownership)}"} if _slug(ownership) else set()


def _from_tag(key: str, value: str) -> Iterator[str]:
    is_flag = key in _FLAGS
    is_tag = key in TRADE_KEYS or key in _KEYS or key.startswith(_PREFIXES)
    if not value or not (is_flag or is_tag) or _slug(value) in _NO:
        return
    if is_flag:
        yield _FLAGS[key]
    else:
        name = ".".join(map(_slug, key.split(":")))
        for part in value.split(";")[:10]:
            slug = _slug(part)
            if slug in _YES:
                yield f"osm.{name}"
            elif slug:
                yield f"osm.{name}.{slug}"


@lru_cache(maxsize=10_000)
def _slug(text: str) -> str:
    return re.sub(rb"[^a-z0-9]+", b"_", fold(text)).strip(b"_").decode()[:60]
