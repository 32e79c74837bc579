"""States as people say them."""

import datetime as dt

import pytest

from geodata.schedule.model import Closure, HolidayRules
from geodata.schedule.phrases import PHRASES
from geodata.schedule.words import in_words, time_words
from tests.geodata.schedule.stores import local, shop, special

GROCERY = shop("Mo-Fr 08:30-19:30; Sa 9:00-24:00; PH off", holidays=HolidayRules(country="FR"))


@pytest.mark.parametrize(
    ("at", "locale", "expected"),
    [
        # Friday 30 October 2026; Sunday 1 November is All Saints' Day.
        ("2026-10-30 12:00", "en_GB", "Open until 19:30"),
        ("2026-10-30 12:00", "en_US", "Open until 7:30 PM"),
        ("2026-10-30 12:00", "fr", "Ouvert jusqu'à 19:30"),
        ("2026-10-30 12:00", "fi", "Avoinna klo 19.30 asti"),
        ("2026-10-30 12:00", "de", "Geöffnet bis 19:30 Uhr"),
        ("2026-10-30 19:05", "en_GB", "Closes soon, at 19:30"),
        ("2026-10-30 19:05", "fr-FR", "Ferme bientôt, à 19:30"),
        ("2026-10-30 19:05", "fi-FI", "Sulkeutuu pian, klo 19.30"),
        ("2026-10-30 19:05", "de-AT", "Schließt bald, um 19:30 Uhr"),
        ("2026-10-30 07:00", "en_GB", "Opens at 8:30"),
        ("2026-10-30 20:00", "en_GB", "Opens tomorrow at 9:00"),
        ("2026-10-30 20:00", "en_US", "Opens tomorrow at 9:00 AM"),
        ("2026-10-30 20:00", "fr", "Ouvre demain à 9:00"),
        ("2026-10-30 20:00", "fi", "Avautuu huomenna klo 9.00"),
        ("2026-10-30 20:00", "de", "Öffnet morgen um 9:00 Uhr"),
        ("2026-10-31 12:00", "en_GB", "Open until midnight"),
        ("2026-10-31 12:00", "fr", "Ouvert jusqu'à minuit"),
        ("2026-10-31 12:00", "fi", "Avoinna keskiyöhön asti"),
        ("2026-10-31 12:00", "de", "Geöffnet bis Mitternacht"),
        ("2026-11-01 12:00", "en_GB", "Closed for All Saints' Day, opens tomorrow at 8:30"),
        ("2026-11-01 12:00", "fr", "Fermé (Toussaint), ouvre demain à 8:30"),
        ("2026-11-01 12:00", "fi", "Suljettu (Toussaint), avautuu huomenna klo 8.30"),
        ("2026-11-01 12:00", "de", "Geschlossen (Toussaint), öffnet morgen um 8:30 Uhr"),
    ],
)
def test_a_grocery_in_paris(at: str, locale: str, expected: str) -> None:
    assert expected == in_words(GROCERY, local(at), locale)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en_GB", "Closed for All Saints' Day, opens Monday at 8:30"),
        ("fr", "Fermé (Toussaint), ouvre lundi à 8:30"),
        ("fi", "Suljettu (Toussaint), avautuu maanantaina klo 8.30"),
        ("de", "Geschlossen (Toussaint), öffnet Montag um 8:30 Uhr"),
    ],
)
def test_a_holiday_on_a_saturday_is_named_and_opens_on_monday(locale: str, expected: str) -> None:
    office = shop("Mo-Sa 08:30-19:30; PH off", holidays=HolidayRules(country="FR"))
    assert expected == in_words(office, local("2025-11-01 12:00"), locale)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Hours unknown"),
        ("fr", "Horaires inconnus"),
        ("fi", "Aukioloajat eivät ole tiedossa"),
        ("de", "Öffnungszeiten unbekannt"),
    ],
)
def test_unknown_hours(locale: str, expected: str) -> None:
    assert expected == in_words(shop(""), local("2026-11-28 12:00"), locale)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en_GB", ["Opens 1 July at 9:00", "Opens 7 January 2030 at 10:00"]),
        ("fr", ["Ouvre le 1er juillet à 9:00", "Ouvre le 7 janvier 2030 à 10:00"]),
        ("fi", ["Avautuu 1. heinäkuuta klo 9.00", "Avautuu 7. tammikuuta 2030 klo 10.00"]),
        ("de", ["Öffnet am 1. Juli um 9:00 Uhr", "Öffnet am 7. Januar 2030 um 10:00 Uhr"]),
    ],
)
def test_an_opening_beyond_a_week_has_its_date_and_a_far_one_its_year(
    locale: str, expected: list[str]
) -> None:
    at = local("2026-11-28 12:00")
    seasonal, future = shop("Jul-Aug 09:00-18:00"), shop("2030 Mo 10:00-12:00")
    assert expected == [in_words(each, at, locale) for each in (seasonal, future)]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en_GB", ["Open, closes Sunday at 22:00", "Open, closes Saturday at midnight"]),
        ("fr", ["Ouvert, ferme dimanche à 22:00", "Ouvert, ferme samedi à minuit"]),
        (
            "fi",
            [
                "Avoinna, sulkeutuu sunnuntaina klo 22.00",
                "Avoinna, sulkeutuu lauantaina keskiyöllä",
            ],
        ),
        (
            "de",
            [
                "Geöffnet, schließt Sonntag um 22:00 Uhr",
                "Geöffnet, schließt Samstag um Mitternacht",
            ],
        ),
    ],
)
def test_a_closing_beyond_a_day_has_its_weekday(locale: str, expected: list[str]) -> None:
    until_sunday = shop("Mo-Sa 00:00-24:00; Su 00:00-22:00")
    until_saturday = shop("24/7", exceptions=(special("2026-11-29"),))
    at = local("2026-11-27 12:00")
    assert expected == [in_words(each, at, locale) for each in (until_sunday, until_saturday)]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", ["Always open", "Closed", "Closed for works"]),
        ("fr", ["Toujours ouvert", "Fermé", "Fermé (works)"]),
        ("fi", ["Aina avoinna", "Suljettu", "Suljettu (works)"]),
        ("de", ["Immer geöffnet", "Geschlossen", "Geschlossen (works)"]),
    ],
)
def test_what_never_changes(locale: str, expected: list[str]) -> None:
    works = (Closure(starts=dt.date(2026, 11, 1), reason="works"),)
    lines = shop("24/7"), shop("off"), shop("24/7", closures=works)
    assert expected == [in_words(each, local("2026-11-28 12:00"), locale) for each in lines]


def test_soon_is_what_the_caller_says() -> None:
    at = local("2026-10-30 18:00")
    assert "Closes soon, at 19:30" == in_words(GROCERY, at, "en_GB", dt.timedelta(minutes=90))
    assert "Open until 19:30" == in_words(GROCERY, at, "en_GB", dt.timedelta(minutes=89))


@pytest.mark.parametrize("locale", ["pl", "zh_Hant_TW", "", "not a locale", "xx", "en-", "{name}"])
def test_other_languages_get_english(locale: str) -> None:
    assert "Open until 7:30 PM" == in_words(GROCERY, local("2026-10-30 12:00"), locale)


def test_a_label_is_never_taken_for_a_phrase() -> None:
    sale = shop("24/7", exceptions=(special("2026-11-28", label="{time} {0}"),))
    words = in_words(sale, local("2026-11-28 12:00"), "en_GB")
    assert "Closed for {time} {0}, opens tomorrow at 0:00" == words


def test_times_of_the_locales() -> None:
    nine = dt.time(9)
    assert ["9:00", "9.00", "9:00 AM"] == [time_words(nine, at) for at in ("fr", "fi", "en_US")]


def test_every_language_has_every_phrase_with_the_same_gaps() -> None:
    def gaps(phrase: str) -> set[str]:
        return {gap for gap in ("{time}", "{day}", "{name}", "{opens}") if gap in phrase}

    english = {key: gaps(phrase) for key, phrase in PHRASES["en"].items()}
    for phrases in PHRASES.values():
        assert english == {key: gaps(phrase) for key, phrase in phrases.items()}
