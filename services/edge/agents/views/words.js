// The words of the views. A host tells its language; the sentences of the tools are English.

const WORDS = {
  en: {
    stores: "Stores", none: "No such store was found.", mapOf: "Map of the stores", from: "Start of the search", choose: "Choose this store", chosen: "I choose {name} ({store}).",
    ready: "Ready by", open: "Fetch it", others: "Near by, without all of it", north: "N",
    held: "Held for you", offer: "Not held yet", CONFIRMED: "Confirmed", PREPARING: "Being prepared", READY: "Ready", COLLECTED: "Collected", CANCELED: "Cancelled", EXPIRED: "Expired",
    code: "Code to say", scan: "Code to scan at the counter", pickup: "Collect by", until: "Held until", again: "Check again",
    way: "The way in the store", length: "Shortest way: {length}", steps: "Step by step", plan: "Plan of the store, with the way", ask: "Ask the staff for: {names}", at: "Shelf",
    waiting: "Waiting for the answer …", failed: "The answer could not be had.",
  },
  fr: {
    stores: "Magasins", none: "Aucun magasin de ce genre n’a été trouvé.", mapOf: "Plan des magasins", from: "Départ de la recherche", choose: "Choisir ce magasin", chosen: "Je choisis {name} ({store}).",
    ready: "Prêt pour", open: "Retrait", others: "À proximité, sans tout avoir", north: "N",
    held: "Réservé pour vous", offer: "Pas encore réservé", CONFIRMED: "Confirmé", PREPARING: "En préparation", READY: "Prêt", COLLECTED: "Retiré", CANCELED: "Annulé", EXPIRED: "Expiré",
    code: "Code à dire", scan: "Code à scanner au comptoir", pickup: "À retirer avant", until: "Réservé jusqu’à", again: "Actualiser",
    way: "Le chemin dans le magasin", length: "Chemin le plus court : {length}", steps: "Pas à pas", plan: "Plan du magasin, avec le chemin", ask: "Demandez au personnel : {names}", at: "Rayon",
    waiting: "En attente de la réponse …", failed: "La réponse n’a pas pu être obtenue.",
  },
  fi: {
    stores: "Myymälät", none: "Tällaista myymälää ei löytynyt.", mapOf: "Myymälöiden kartta", from: "Haun lähtöpaikka", choose: "Valitse tämä myymälä", chosen: "Valitsen myymälän {name} ({store}).",
    ready: "Valmis viimeistään", open: "Nouto", others: "Lähellä, mutta jotain puuttuu", north: "P",
    held: "Varattu sinulle", offer: "Ei vielä varattu", CONFIRMED: "Vahvistettu", PREPARING: "Kerätään", READY: "Valmis", COLLECTED: "Noudettu", CANCELED: "Peruttu", EXPIRED: "Vanhentunut",
    code: "Sano koodi", scan: "Skannattava koodi kassalle", pickup: "Nouda viimeistään", until: "Varattu asti", again: "Päivitä",
    way: "Reitti myymälässä", length: "Lyhin reitti: {length}", steps: "Vaihe vaiheelta", plan: "Myymälän pohjakuva ja reitti", ask: "Kysy henkilökunnalta: {names}", at: "Hylly",
    waiting: "Odotetaan vastausta …", failed: "Vastausta ei saatu.",
  },
  de: {
    stores: "Geschäfte", none: "Kein solches Geschäft wurde gefunden.", mapOf: "Karte der Geschäfte", from: "Ausgangspunkt der Suche", choose: "Dieses Geschäft wählen", chosen: "Ich wähle {name} ({store}).",
    ready: "Bereit bis", open: "Abholen", others: "In der Nähe, aber nicht alles da", north: "N",
    held: "Für Sie reserviert", offer: "Noch nicht reserviert", CONFIRMED: "Bestätigt", PREPARING: "Wird vorbereitet", READY: "Bereit", COLLECTED: "Abgeholt", CANCELED: "Storniert", EXPIRED: "Abgelaufen",
    code: "Code zum Vorlesen", scan: "Code zum Scannen an der Kasse", pickup: "Abholen bis", until: "Reserviert bis", again: "Aktualisieren",
    way: "Der Weg im Geschäft", length: "Kürzester Weg: {length}", steps: "Schritt für Schritt", plan: "Plan des Geschäfts mit dem Weg", ask: "Fragen Sie das Personal nach: {names}", at: "Regal",
    waiting: "Warten auf die Antwort …", failed: "Die Antwort war nicht zu bekommen.",
  },
};
let locale = "en";

const say = (word, values = {}) =>
  ((WORDS[locale.slice(0, 2)] || WORDS.en)[word] || word).replace(/\{(\w+)\}/g, (_, name) => values[name]);

const distance = (metres) => (metres < 1000
  ? new Intl.NumberFormat(locale, { style: "unit", unit: "meter", maximumFractionDigits: 0 }).format(metres)
  : new Intl.NumberFormat(locale, { style: "unit", unit: "kilometer", maximumFractionDigits: metres < 10_000 ? 1 : 0 }).format(metres / 1000));

const moment = (time, timeZone) => new Intl.DateTimeFormat(locale, {
  weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit", timeZone: timeZone || "UTC",
}).format(new Date(time));
