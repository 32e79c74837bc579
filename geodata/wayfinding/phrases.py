"""All phrases of walking directions, by language.

Names of aisles, products, departments and levels are inserted unchanged, after a colon or as a
number, so that no language needs to inflect them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from geodata.floorplans.plan import LinkKind, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The phrases of one language; `{}` marks an inserted name or number."""

    aisle: str
    sides: Mapping[Side, str]
    ordinals: str
    """First to tenth, inflected for the word for bay, separated by spaces."""
    bay: str
    bay_number: str
    """Used from the eleventh bay on."""
    shelf: str
    from_far_end: str
    """Follows the aisle if the shopper walks against the order of its bays."""

    walk: str
    straight: str
    left: str
    right: str
    around: str
    turn_and_walk: str

    change_level: Mapping[LinkKind, str]
    to_till: str
    to_counter: str
    to_exit: str
    to_place: str
    finished: str

    out_of_stock: str
    unlocated: str
    unlocated_in: str
    unreachable: str

    entrance: str
    your_way: str
    closed: str


def phrases(language: str) -> Phrases:
    """The phrases for a BCP 47 tag, such as `fi` or `fr-CA`; English for other languages."""
    return _LANGUAGES.get(language.lower().replace("_", "-").split("-")[0], _ENGLISH)


_ENGLISH = Phrases(
    aisle="Aisle {}",
    sides={Side.LEFT: "left", Side.RIGHT: "right", Side.END: "end of the aisle"},
    ordinals="first second third fourth fifth sixth seventh eighth ninth tenth",
    bay="{} bay",
    bay_number="bay {}",
    shelf="shelf {}",
    from_far_end="from the far end",
    walk="Walk {} m",
    straight="Go straight on",
    left="Turn left",
    right="Turn right",
    around="Turn around",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Go to: {}",
        LinkKind.RAMP: "Take the ramp: {}",
        LinkKind.STEPS: "Take the stairs: {}",
        LinkKind.LIFT: "Take the lift: {}",
        LinkKind.ESCALATOR: "Take the escalator: {}",
        LinkKind.MOVING_WALKWAY: "Take the moving walkway: {}",
    },
    to_till="Checkout {}",
    to_counter="Counter: {}",
    to_exit="Exit {}",
    to_place="You are there: {}",
    finished="That was the last one",
    out_of_stock="Out of stock here: {}",
    unlocated="Place not known: {}",
    unlocated_in="Place not known, ask in {1}: {0}",
    unreachable="Cannot be reached now: {}",
    entrance="Entrance",
    your_way="Your way",
    closed="Closed",
)

_FRENCH = Phrases(
    aisle="Allée {}",
    sides={Side.LEFT: "à gauche", Side.RIGHT: "à droite", Side.END: "en tête de gondole"},
    ordinals=(
        "première deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième"
    ),
    bay="{} travée",
    bay_number="travée {}",
    shelf="étagère {}",
    from_far_end="depuis l'autre bout",
    walk="Avancez de {} m",
    straight="Continuez tout droit",
    left="Tournez à gauche",
    right="Tournez à droite",
    around="Faites demi-tour",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Rejoignez : {}",
        LinkKind.RAMP: "Prenez la rampe : {}",
        LinkKind.STEPS: "Prenez l'escalier : {}",
        LinkKind.LIFT: "Prenez l'ascenseur : {}",
        LinkKind.ESCALATOR: "Prenez l'escalier mécanique : {}",
        LinkKind.MOVING_WALKWAY: "Prenez le tapis roulant : {}",
    },
    to_till="Caisse {}",
    to_counter="Comptoir : {}",
    to_exit="Sortie {}",
    to_place="Vous y êtes : {}",
    finished="C'était le dernier",
    out_of_stock="En rupture dans ce magasin : {}",
    unlocated="Emplacement inconnu : {}",
    unlocated_in="Emplacement inconnu, demandez au rayon {1} : {0}",
    unreachable="Inaccessible en ce moment : {}",
    entrance="Entrée",
    your_way="Votre trajet",
    closed="Fermé",
)

_FINNISH = Phrases(
    aisle="Käytävä {}",
    sides={Side.LEFT: "vasemmalla", Side.RIGHT: "oikealla", Side.END: "käytävän päässä"},
    ordinals=(
        "ensimmäinen toinen kolmas neljäs viides kuudes seitsemäs kahdeksas yhdeksäs kymmenes"
    ),
    bay="{} hyllyväli",
    bay_number="hyllyväli {}",
    shelf="hylly {}",
    from_far_end="toisesta päästä laskien",
    walk="Kävele {} m",
    straight="Jatka suoraan",
    left="Käänny vasemmalle",
    right="Käänny oikealle",
    around="Käänny ympäri",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Siirry: {}",
        LinkKind.RAMP: "Kulje luiskaa: {}",
        LinkKind.STEPS: "Kulje portaita: {}",
        LinkKind.LIFT: "Mene hissillä: {}",
        LinkKind.ESCALATOR: "Mene liukuportaita: {}",
        LinkKind.MOVING_WALKWAY: "Mene liukukäytävää: {}",
    },
    to_till="Kassa {}",
    to_counter="Palvelutiski: {}",
    to_exit="Uloskäynti {}",
    to_place="Perillä: {}",
    finished="Se oli viimeinen",
    out_of_stock="Loppu tästä myymälästä: {}",
    unlocated="Paikka ei tiedossa: {}",
    unlocated_in="Paikka ei tiedossa, kysy osastolta {1}: {0}",
    unreachable="Ei juuri nyt saavutettavissa: {}",
    entrance="Sisäänkäynti",
    your_way="Reittisi",
    closed="Suljettu",
)

_GERMAN = Phrases(
    aisle="Gang {}",
    sides={Side.LEFT: "links", Side.RIGHT: "rechts", Side.END: "am Gangende"},
    ordinals=("erstes zweites drittes viertes fünftes sechstes siebtes achtes neuntes zehntes"),
    bay="{} Regal",
    bay_number="Regal {}",
    shelf="Fach {}",
    from_far_end="vom anderen Ende gezählt",
    walk="{} m gehen",
    straight="Geradeaus weiter",
    left="Links abbiegen",
    right="Rechts abbiegen",
    around="Umdrehen",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Weiter nach: {}",
        LinkKind.RAMP: "Über die Rampe: {}",
        LinkKind.STEPS: "Über die Treppe: {}",
        LinkKind.LIFT: "Mit dem Aufzug: {}",
        LinkKind.ESCALATOR: "Mit der Rolltreppe: {}",
        LinkKind.MOVING_WALKWAY: "Mit dem Fahrsteig: {}",
    },
    to_till="Kasse {}",
    to_counter="Theke: {}",
    to_exit="Ausgang {}",
    to_place="Am Ziel: {}",
    finished="Das war das letzte",
    out_of_stock="Hier ausverkauft: {}",
    unlocated="Platz unbekannt: {}",
    unlocated_in="Platz unbekannt, fragen Sie in der Abteilung {1}: {0}",
    unreachable="Zurzeit nicht erreichbar: {}",
    entrance="Eingang",
    your_way="Ihr Weg",
    closed="Gesperrt",
)

_SPANISH = Phrases(
    aisle="Pasillo {}",
    sides={
        Side.LEFT: "a la izquierda",
        Side.RIGHT: "a la derecha",
        Side.END: "al final del pasillo",
    },
    ordinals="primer segundo tercer cuarto quinto sexto séptimo octavo noveno décimo",
    bay="{} módulo",
    bay_number="módulo {}",
    shelf="estante {}",
    from_far_end="desde el otro extremo",
    walk="Camine {} m",
    straight="Siga recto",
    left="Gire a la izquierda",
    right="Gire a la derecha",
    around="Dé la vuelta",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Vaya a: {}",
        LinkKind.RAMP: "Tome la rampa: {}",
        LinkKind.STEPS: "Tome las escaleras: {}",
        LinkKind.LIFT: "Tome el ascensor: {}",
        LinkKind.ESCALATOR: "Tome la escalera mecánica: {}",
        LinkKind.MOVING_WALKWAY: "Tome el pasillo rodante: {}",
    },
    to_till="Caja {}",
    to_counter="Mostrador: {}",
    to_exit="Salida {}",
    to_place="Ha llegado: {}",
    finished="Era lo último",
    out_of_stock="Agotado aquí: {}",
    unlocated="Lugar desconocido: {}",
    unlocated_in="Lugar desconocido, pregunte en {1}: {0}",
    unreachable="Ahora no se puede llegar: {}",
    entrance="Entrada",
    your_way="Su camino",
    closed="Cerrado",
)

_ITALIAN = Phrases(
    aisle="Corsia {}",
    sides={Side.LEFT: "a sinistra", Side.RIGHT: "a destra", Side.END: "in fondo alla corsia"},
    ordinals="primo secondo terzo quarto quinto sesto settimo ottavo nono decimo",
    bay="{} modulo",
    bay_number="modulo {}",
    shelf="ripiano {}",
    from_far_end="dall'altra estremità",
    walk="Cammini per {} m",
    straight="Vada dritto",
    left="Giri a sinistra",
    right="Giri a destra",
    around="Torni indietro",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Vada a: {}",
        LinkKind.RAMP: "Prenda la rampa: {}",
        LinkKind.STEPS: "Prenda le scale: {}",
        LinkKind.LIFT: "Prenda l'ascensore: {}",
        LinkKind.ESCALATOR: "Prenda la scala mobile: {}",
        LinkKind.MOVING_WALKWAY: "Prenda il tappeto mobile: {}",
    },
    to_till="Cassa {}",
    to_counter="Banco: {}",
    to_exit="Uscita {}",
    to_place="È arrivato: {}",
    finished="Era l'ultimo",
    out_of_stock="Esaurito qui: {}",
    unlocated="Posto non noto: {}",
    unlocated_in="Posto non noto, chieda al reparto {1}: {0}",
    unreachable="Ora non raggiungibile: {}",
    entrance="Ingresso",
    your_way="Il Suo percorso",
    closed="Chiuso",
)

_DUTCH = Phrases(
    aisle="Gangpad {}",
    sides={Side.LEFT: "links", Side.RIGHT: "rechts", Side.END: "aan het eind van het gangpad"},
    ordinals="eerste tweede derde vierde vijfde zesde zevende achtste negende tiende",
    bay="{} vak",
    bay_number="vak {}",
    shelf="plank {}",
    from_far_end="vanaf het andere eind",
    walk="Loop {} m",
    straight="Ga rechtdoor",
    left="Sla linksaf",
    right="Sla rechtsaf",
    around="Draai om",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Ga naar: {}",
        LinkKind.RAMP: "Neem de helling: {}",
        LinkKind.STEPS: "Neem de trap: {}",
        LinkKind.LIFT: "Neem de lift: {}",
        LinkKind.ESCALATOR: "Neem de roltrap: {}",
        LinkKind.MOVING_WALKWAY: "Neem het rolpad: {}",
    },
    to_till="Kassa {}",
    to_counter="Balie: {}",
    to_exit="Uitgang {}",
    to_place="U bent er: {}",
    finished="Dat was het laatste",
    out_of_stock="Hier uitverkocht: {}",
    unlocated="Plaats onbekend: {}",
    unlocated_in="Plaats onbekend, vraag het bij {1}: {0}",
    unreachable="Nu niet bereikbaar: {}",
    entrance="Ingang",
    your_way="Uw weg",
    closed="Gesloten",
)

_SWEDISH = Phrases(
    aisle="Gång {}",
    sides={Side.LEFT: "till vänster", Side.RIGHT: "till höger", Side.END: "i slutet av gången"},
    ordinals="första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde",
    bay="{} sektionen",
    bay_number="sektion {}",
    shelf="hylla {}",
    from_far_end="från andra hållet",
    walk="Gå {} m",
    straight="Fortsätt rakt fram",
    left="Sväng vänster",
    right="Sväng höger",
    around="Vänd om",
    turn_and_walk="{}, {} m",
    change_level={
        LinkKind.WALK: "Gå till: {}",
        LinkKind.RAMP: "Ta rampen: {}",
        LinkKind.STEPS: "Ta trappan: {}",
        LinkKind.LIFT: "Ta hissen: {}",
        LinkKind.ESCALATOR: "Ta rulltrappan: {}",
        LinkKind.MOVING_WALKWAY: "Ta rullbandet: {}",
    },
    to_till="Kassa {}",
    to_counter="Disk: {}",
    to_exit="Utgång {}",
    to_place="Du är framme: {}",
    finished="Det var den sista",
    out_of_stock="Slut här: {}",
    unlocated="Platsen okänd: {}",
    unlocated_in="Platsen okänd, fråga på {1}: {0}",
    unreachable="Kan inte nås just nu: {}",
    entrance="Ingång",
    your_way="Din väg",
    closed="Stängt",
)

_LANGUAGES = {
    "en": _ENGLISH,
    "fr": _FRENCH,
    "fi": _FINNISH,
    "de": _GERMAN,
    "es": _SPANISH,
    "it": _ITALIAN,
    "nl": _DUTCH,
    "sv": _SWEDISH,
}
LANGUAGES = tuple(_LANGUAGES)
