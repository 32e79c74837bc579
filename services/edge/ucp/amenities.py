"""Attributes of stores as UCP amenities: reverse domain names with a localised description."""

import re

from services.edge.languages import LANGUAGES

REVERSE_DOMAIN = r"^[a-z](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9_])?)+$"
"""The names that UCP allows."""
_NAME = re.compile(REVERSE_DOMAIN)
_OSM = "osm."
_OSM_DOMAIN = "org.openstreetmap."
_DESCRIPTIONS = {
    "dev.ucp.amenity.wi_fi": ("Wi-Fi", "Wi-Fi", "Wi-Fi", "WLAN"),
    "dev.ucp.amenity.wifi": ("Wi-Fi", "Wi-Fi", "Wi-Fi", "WLAN"),
    "dev.ucp.amenity.parking": ("Parking", "Parking", "Pysäköinti", "Parkplätze"),
    "dev.ucp.amenity.shopping.in_store_pickup": (
        "In-store pickup",
        "Retrait en magasin",
        "Nouto myymälästä",
        "Abholung im Geschäft",
    ),
    "dev.ucp.amenity.shopping.curbside_pickup": (
        "Curbside pickup",
        "Retrait en voiture",
        "Nouto autoon",
        "Abholung am Auto",
    ),
    "osm.air_conditioning": ("Air conditioning", "Climatisation", "Ilmastointi", "Klimaanlage"),
    "osm.amenity.fuel": ("Fuel station", "Station-service", "Huoltoasema", "Tankstelle"),
    "osm.amenity.pharmacy": ("Pharmacy", "Pharmacie", "Apteekki", "Apotheke"),
    "osm.atm": ("Cash machine", "Distributeur de billets", "Pankkiautomaatti", "Geldautomat"),
    "osm.bar": ("Bar", "Bar", "Baari", "Bar"),
    "osm.car_wash": ("Car wash", "Lavage auto", "Autopesu", "Autowäsche"),
    "osm.changing_table": ("Baby changing", "Table à langer", "Hoitopöytä", "Wickeltisch"),
    "osm.compressed_air": ("Compressed air", "Gonflage", "Paineilma", "Druckluft"),
    "osm.delivery": ("Delivery", "Livraison", "Kotiinkuljetus", "Lieferung"),
    "osm.drive_through": ("Drive-through", "Service au volant", "Autokaista", "Drive-in-Schalter"),
    "osm.fuel.electricity": (
        "Electric car charging",
        "Recharge électrique",
        "Sähköauton lataus",
        "Ladestation",
    ),
    "osm.indoor_seating": ("Indoor seating", "Places en salle", "Sisäpaikat", "Sitzplätze innen"),
    "osm.organic": ("Organic products", "Produits bio", "Luomutuotteet", "Bioprodukte"),
    "osm.outdoor_seating": ("Outdoor seating", "Terrasse", "Terassi", "Sitzplätze im Freien"),
    "osm.payment.cards": ("Card payment", "Paiement par carte", "Korttimaksu", "Kartenzahlung"),
    "osm.self_checkout": ("Self-checkout", "Caisses automatiques", "Itsepalvelukassa", "SB-Kasse"),
    "osm.self_service": ("Self-service", "Libre-service", "Itsepalvelu", "Selbstbedienung"),
    "osm.shop.bakery": ("Bakery", "Boulangerie", "Leipomo", "Bäckerei"),
    "osm.shower": ("Showers", "Douches", "Suihku", "Duschen"),
    "osm.takeaway": ("Takeaway", "À emporter", "Nouto mukaan", "Zum Mitnehmen"),
    "osm.toilets": ("Toilets", "Toilettes", "WC", "Toiletten"),
    "osm.wheelchair": ("Step-free access", "Accès sans marche", "Esteetön", "Barrierefrei"),
    "enrayon.service.parcel_pickup": (
        "Parcel pickup",
        "Relais colis",
        "Pakettien nouto",
        "Paketabholung",
    ),
}
"""Attribute -> its description in each of LANGUAGES."""


def amenity(attribute: str) -> str | None:
    """The amenity of an attribute, a reverse domain name; None if it has none."""
    if attribute.startswith(_OSM):
        attribute = _OSM_DOMAIN + attribute.removeprefix(_OSM)
    elif attribute.startswith(_OSM_DOMAIN):
        return None  # the amenity of another attribute
    return attribute if _NAME.fullmatch(attribute) else None


def attribute(amenity: str) -> str | None:
    """The attribute of an amenity; None if no attribute has this amenity."""
    if amenity.startswith(_OSM):
        return None
    if amenity.startswith(_OSM_DOMAIN):
        return _OSM + amenity.removeprefix(_OSM_DOMAIN)
    return amenity


def description(attribute: str, language: str) -> str:
    """A short label of an attribute; in English, made of its name, if we have no words for it."""
    if words := _DESCRIPTIONS.get(attribute):
        return words[LANGUAGES.index(language)]
    name = attribute.rpartition(".amenity.")[2] or attribute
    parts = name.split(".")
    if name == attribute and len(parts) > 1:
        del parts[0]
    if len(parts) > 1 and parts[0] in ("service", "shop", "ownership"):
        del parts[0]
    return ": ".join(
        part.replace("_", " ").replace("-", " ").strip() for part in parts
    ).capitalize()
