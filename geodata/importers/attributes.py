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
_NOTHING = _NO | words("na n_a null nan nil keine keiner aucun aucune ninguno nessuno geen")
"""What a cell says where there are no services."""
_VALUED = re.compile(
    r"(.+?)\s*[:=]\s*(yes|no|true|false|y|n|1|0|oui|non|ja|nein|s[iíì])", re.IGNORECASE
)
_AND = re.compile(r"\s*[&+]\s*|\s+(?:and|und|et|y|e|en|och|ja)\s+", re.IGNORECASE)
FUELS = {
    "Gazole": "osm.fuel.diesel",
    "SP95": "osm.fuel.octane_95",
    "SP98": "osm.fuel.octane_98",
    "E10": "osm.fuel.e10",
    "E85": "osm.fuel.e85",
    "GPLc": "osm.fuel.lpg",
}
"""The fuels of the French feed."""
_SERVICES = FUELS | {
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


_USUAL = (
    _FLAGS
    | {
        slug: id
        for id, slugs in {
            "dev.ucp.amenity.wi_fi": "wi_fi wlan free_wifi wireless_hotspot wireless free_wlan "
            "wifi_gratuit wi_fi_gratuit internet kostenloses_wlan wifi_gratis",
            "dev.ucp.amenity.parking": "parking_lot car_park free_parking parkplatz parkplatze "
            "parkings parkeren parcheggio aparcamiento parking_gratuit kundenparkplatz",
            "dev.ucp.amenity.shopping.in_store_pickup": "pickup pick_up in_store_pick_up "
            "store_pickup "
            "click_collect click_und_collect click_reserve retrait_en_magasin retrait_magasin "
            "abholung bopis",
            "dev.ucp.amenity.shopping.curbside_pickup": "curbside curbside_pick_up drive_up drive",
            "osm.drive_through": "drive_thru drivethru drivethrough service_au_volant",
            "osm.atm": "cash_machine cashpoint geldautomat distributeur_de_billets distributeur "
            "dab cajero_automatico bancomat",
            "osm.toilets": "restroom restrooms toilet wc washrooms public_toilets toilettes "
            "toilette bathrooms public_restrooms aseos",
            "osm.wheelchair": "wheelchair_accessible wheelchair_access accessible "
            "handicap_accessible "
            "acces_pmr pmr acces_handicape acces_handicapes rollstuhlgerecht barrierefrei "
            "wheelchair_accessible_entrance",
            "osm.delivery": "home_delivery livraison livraison_a_domicile lieferservice lieferung "
            "entrega_a_domicilio consegna_a_domicilio",
            "osm.takeaway": "take_away take_out takeout a_emporter vente_a_emporter zum_mitnehmen",
            "osm.outdoor_seating": "terrace terrasse patio_seating outdoor_dining",
            "osm.indoor_seating": "dine_in seating sur_place",
            "osm.self_checkout": "self_checkouts self_check_out caisse_automatique "
            "caisses_automatiques "
            "sb_kasse selbstbedienungskasse",
            "osm.changing_table": "baby_changing baby_change table_a_langer wickeltisch",
            "osm.car_wash": "carwash lavage lavage_auto autowasche waschanlage",
            "osm.fuel.electricity": "ev_charging electric_vehicle_charging electric_car_charging "
            "charging_station borne_electrique bornes_de_recharge ladestation",
            "osm.air_conditioning": "air_conditioned climatisation klimaanlage",
            "osm.shop.bakery": "bakery boulangerie backerei panaderia",
            "osm.amenity.pharmacy": "pharmacy pharmacie apotheke farmacia",
            "osm.amenity.fuel": "fuel gas_station petrol_station gas fuel_station",
            "osm.compressed_air": "air_pump tyre_inflation",
            "osm.payment.cards": "credit_cards cards carte_bancaire cb kartenzahlung",
        }.items()
        for slug in slugs.split()
    }
    | {slug: f"osm.{slug}" for slug in _KEYS}
)
"""The usual names of services, as slugs."""


def from_tags(tags: Mapping[str, str]) -> set[str]:
    """The ids of OSM tags, or of columns with the names of tags."""
    return {found for key, value in tags.items() for found in _from_tag(key, value)}


def is_tag(key: str) -> bool:
    """True if `from_tags` reads the key."""
    return key in _FLAGS or key in TRADE_KEYS or key in _KEYS or key.startswith(_PREFIXES)


def from_services(services: str) -> set[str]:
    """The ids of a list of services in one cell, in French, English, German, Spanish or Italian."""
    return {
        _SERVICES.get(name) or _USUAL.get(_slug(name)) or f"enrayon.service.{_slug(name)}"
        for name in _listed(services)
        if _slug(name)
    }


def slugs(listed: str) -> set[str]:
    """The names in a list in one cell, as OSM writes them: `Apple Pay, Visa`."""
    return {slug for name in _listed(listed) if (slug := _slug(name))}


def _listed(services: str) -> list[str]:
    """The names in a list; not those that it says are missing, as in `wifi: no`."""
    names: list[str] = []
    if _slug(services) in _NOTHING:
        return names
    for part in _parts(services):
        valued = _VALUED.fullmatch(part)
        if valued and _slug(valued[2]) not in _NO:
            names.append(valued[1])
        elif not valued and _slug(part) not in _NOTHING:
            names += _joined(part)
    return names


def _joined(part: str) -> list[str]:
    """The names joined by `and`, if all are known: `Wi-Fi & Parking`, but not `Click & Collect`."""
    names = _AND.split(part)
    is_one = part in _SERVICES or _slug(part) in _USUAL
    return [part] if is_one or not all(_slug(name) in _USUAL for name in names) else names


def _parts(services: str) -> list[str]:
    """The parts of a list separated by bars, semicolons, lines, commas or slashes.

    Parentheses are not split, and a list is split by one kind of separator alone.
    """
    if services in _SERVICES:
        return [services]
    text = services.strip("[]{} ").replace('"', "") if services.startswith(("[", "{")) else services
    for separator in ("[|]", ";", "\n", ",", "/"):
        parts = re.split(rf"{separator}(?![^(]*\))", text)
        if len(parts) > 1:
            return [part.strip(" '") for part in parts]
    return [text.strip()]


def from_ownership(ownership: str) -> set[str]:
    """The id of the kind of ownership, such as `enrayon.ownership.licensed`."""
    return {f"enrayon.ownership.{_slug(ownership)}"} if _slug(ownership) else set()


def _from_tag(key: str, value: str) -> Iterator[str]:
    if not value or not is_tag(key) or _slug(value) in _NO:
        return
    if key in _FLAGS:
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
