// What the page says, in four languages. `{n}` and the like are filled in by `say`.

const WORDS = {
  en: {
    title: "Store locator", skip: "Skip to the stores", language: "Language", theme: "Light or dark",
    where: "Town, district, postcode or store", here: "Near me", filters: "Filters", clear: "Clear filters",
    approximate: "Send only my approximate position (about 1 km)", searchArea: "Search this area", map: "Map of stores",
    openNow: "Open now", stepFree: "Step-free", wifi: "Wi-Fi", takeaway: "Takeaway", parking: "Parking",
    near: "Stores near {place}", nearYou: "Stores near you", inArea: "Stores in this area", matching: "Stores matching “{query}”",
    searching: "Searching …", none: "No store found here.", noneFiltered: "No store has all of these. Fewer filters may help.",
    unknown: "No place or store is known as “{query}”.", meant: "Did you mean:", tryThis: "Check the spelling, or type a larger town or a postcode.",
    offline: "The stores cannot be reached. Check your connection.", failed: "Something went wrong.", again: "Try again", more: "Show more",
    denied: "Your position is not shared with this page. Allow it in the browser, or type a place.", noPosition: "Your position could not be found. Type a place instead.",
    back: "Back to the list", directions: "Directions", call: "Call", website: "Website", share: "Copy link", copied: "Link copied",
    address: "Address", hours: "Opening hours", contact: "Contact", offers: "On offer", closed: "Closed", asWritten: "as stated by the store",
    notFound: "This store does not exist, or no longer.", cluster: "{n} stores", asOf: "As of {time}", away: "{distance} away", position: "Your position",
    FUTURE_OPENING: "Opening soon", TEMPORARILY_CLOSED: "Temporarily closed", CLOSED_FOR_GOOD: "Closed for good", MOVED: "Moved",
  },
  fr: {
    title: "Trouver un magasin", skip: "Aller aux magasins", language: "Langue", theme: "Clair ou sombre",
    where: "Ville, quartier, code postal ou magasin", here: "Autour de moi", filters: "Filtres", clear: "Effacer les filtres",
    approximate: "N’envoyer que ma position approximative (environ 1 km)", searchArea: "Chercher dans cette zone", map: "Carte des magasins",
    openNow: "Ouvert maintenant", stepFree: "Sans marche", wifi: "Wi-Fi", takeaway: "À emporter", parking: "Parking",
    near: "Magasins près de {place}", nearYou: "Magasins près de vous", inArea: "Magasins de cette zone", matching: "Magasins pour « {query} »",
    searching: "Recherche …", none: "Aucun magasin trouvé ici.", noneFiltered: "Aucun magasin n’a tout cela. Moins de filtres peuvent aider.",
    unknown: "Aucun lieu ni magasin n’est connu sous « {query} ».", meant: "Vouliez-vous dire :", tryThis: "Vérifiez l’orthographe, ou saisissez une plus grande ville ou un code postal.",
    offline: "Les magasins sont injoignables. Vérifiez votre connexion.", failed: "Une erreur est survenue.", again: "Réessayer", more: "Afficher plus",
    denied: "Votre position n’est pas partagée avec cette page. Autorisez-la dans le navigateur, ou saisissez un lieu.", noPosition: "Votre position est introuvable. Saisissez plutôt un lieu.",
    back: "Retour à la liste", directions: "Itinéraire", call: "Appeler", website: "Site web", share: "Copier le lien", copied: "Lien copié",
    address: "Adresse", hours: "Horaires", contact: "Contact", offers: "Sur place", closed: "Fermé", asWritten: "selon le magasin",
    notFound: "Ce magasin n’existe pas, ou plus.", cluster: "{n} magasins", asOf: "État de {time}", away: "à {distance}", position: "Votre position",
    FUTURE_OPENING: "Ouvre bientôt", TEMPORARILY_CLOSED: "Fermé temporairement", CLOSED_FOR_GOOD: "Fermé définitivement", MOVED: "Déménagé",
  },
  fi: {
    title: "Myymälähaku", skip: "Siirry myymälöihin", language: "Kieli", theme: "Vaalea tai tumma",
    where: "Kaupunki, kaupunginosa, postinumero tai myymälä", here: "Lähelläni", filters: "Rajaukset", clear: "Poista rajaukset",
    approximate: "Lähetä vain likimääräinen sijaintini (noin 1 km)", searchArea: "Hae tältä alueelta", map: "Myymälät kartalla",
    openNow: "Auki nyt", stepFree: "Esteetön", wifi: "Wi-Fi", takeaway: "Mukaan", parking: "Pysäköinti",
    near: "Myymälät lähellä: {place}", nearYou: "Myymälät lähelläsi", inArea: "Myymälät tällä alueella", matching: "Myymälät haulla ”{query}”",
    searching: "Haetaan …", none: "Täältä ei löytynyt myymälöitä.", noneFiltered: "Missään myymälässä ei ole kaikkia näitä. Kokeile vähentää rajauksia.",
    unknown: "Paikkaa tai myymälää ”{query}” ei tunneta.", meant: "Tarkoititko:", tryThis: "Tarkista kirjoitusasu tai kirjoita suurempi kaupunki tai postinumero.",
    offline: "Myymälöihin ei saada yhteyttä. Tarkista verkkoyhteys.", failed: "Jokin meni vikaan.", again: "Yritä uudelleen", more: "Näytä lisää",
    denied: "Sijaintiasi ei ole jaettu tälle sivulle. Salli se selaimessa tai kirjoita paikka.", noPosition: "Sijaintiasi ei löytynyt. Kirjoita paikka.",
    back: "Takaisin luetteloon", directions: "Reittiohje", call: "Soita", website: "Verkkosivu", share: "Kopioi linkki", copied: "Linkki kopioitu",
    address: "Osoite", hours: "Aukioloajat", contact: "Yhteystiedot", offers: "Tarjolla", closed: "Suljettu", asWritten: "myymälän ilmoittamana",
    notFound: "Tätä myymälää ei ole tai ei enää ole.", cluster: "{n} myymälää", asOf: "Tilanne {time}", away: "{distance} päässä", position: "Sijaintisi",
    FUTURE_OPENING: "Avataan pian", TEMPORARILY_CLOSED: "Tilapäisesti suljettu", CLOSED_FOR_GOOD: "Lopettanut", MOVED: "Muuttanut",
  },
  de: {
    title: "Filialfinder", skip: "Zu den Filialen", language: "Sprache", theme: "Hell oder dunkel",
    where: "Ort, Stadtteil, Postleitzahl oder Filiale", here: "In meiner Nähe", filters: "Filter", clear: "Filter löschen",
    approximate: "Nur meinen ungefähren Standort senden (etwa 1 km)", searchArea: "In diesem Gebiet suchen", map: "Karte der Filialen",
    openNow: "Jetzt geöffnet", stepFree: "Stufenlos", wifi: "WLAN", takeaway: "Zum Mitnehmen", parking: "Parkplatz",
    near: "Filialen bei {place}", nearYou: "Filialen in Ihrer Nähe", inArea: "Filialen in diesem Gebiet", matching: "Filialen zu „{query}“",
    searching: "Suche …", none: "Hier wurde keine Filiale gefunden.", noneFiltered: "Keine Filiale hat all das. Weniger Filter können helfen.",
    unknown: "Kein Ort und keine Filiale ist als „{query}“ bekannt.", meant: "Meinten Sie:", tryThis: "Prüfen Sie die Schreibweise, oder geben Sie einen größeren Ort oder eine Postleitzahl ein.",
    offline: "Die Filialen sind nicht erreichbar. Prüfen Sie die Verbindung.", failed: "Etwas ist schiefgegangen.", again: "Erneut versuchen", more: "Mehr anzeigen",
    denied: "Ihr Standort ist für diese Seite nicht freigegeben. Erlauben Sie ihn im Browser, oder geben Sie einen Ort ein.", noPosition: "Ihr Standort wurde nicht gefunden. Geben Sie einen Ort ein.",
    back: "Zurück zur Liste", directions: "Route", call: "Anrufen", website: "Webseite", share: "Link kopieren", copied: "Link kopiert",
    address: "Adresse", hours: "Öffnungszeiten", contact: "Kontakt", offers: "Im Angebot", closed: "Geschlossen", asWritten: "nach Angabe der Filiale",
    notFound: "Diese Filiale gibt es nicht oder nicht mehr.", cluster: "{n} Filialen", asOf: "Stand {time}", away: "{distance} entfernt", position: "Ihr Standort",
    FUTURE_OPENING: "Eröffnet bald", TEMPORARILY_CLOSED: "Vorübergehend geschlossen", CLOSED_FOR_GOOD: "Dauerhaft geschlossen", MOVED: "Umgezogen",
  },
};

let language = "en";

export const currentLanguage = () => language;

/** The language with the reader's own region, which decides on 12 or 24 hours: `en-GB`. */
export const locale = () => navigator.languages.find((tag) => tag.startsWith(`${language}-`)) || language;

export function say(word, values = {}) {
  return WORDS[language][word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Turns the page over to a language: every element with `data-word`, and the document itself. */
export function speak(chosen) {
  language = chosen in WORDS ? chosen : "en";
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = say(element.dataset.word);
  }
}

export function distance(metres) {
  const [value, unit] = metres < 1000 ? [Math.round(metres / 10) * 10, "meter"] : [metres / 1000, "kilometer"];
  const maximumFractionDigits = unit === "kilometer" && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: "unit", unit, maximumFractionDigits }).format(value);
}
