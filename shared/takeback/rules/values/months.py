"""Month names and weekday names in the languages that exports are written in, as people abbreviate them."""

from __future__ import annotations

from takeback.rules.values.plain import plain

# CLDR's wide and abbreviated names (en, de, fr, es, it, nl, pt, pl, sv), without accents, plus usual cuttings.
_MONTHS: tuple[str, ...] = (
    "january jan januar janner jaenner jan. janvier janv enero ene gennaio gen januari janeiro styczen stycznia sty",
    "february feb februar febr fevrier fevr fev febrero febbraio februari fevereiro luty lutego lut",
    "march mar marz maerz mrz mars marzo maart mrt marco marzec marca",
    "april apr avril avr abril abr aprile kwiecien kwietnia kwi",
    "may mai mayo maggio mag mei maio maj maja",
    "june jun juni juin junio giugno giu junho czerwiec czerwca cze",
    "july jul juli juillet juil julio luglio lug julho lipiec lipca lip",
    "august aug aout agosto ago augustus augusti sierpien sierpnia sie",
    "september sep sept septembre septiembre setiembre settembre set setembro wrzesien wrzesnia wrz",
    "october oct oktober okt octobre octubre ottobre ott outubro out pazdziernik pazdziernika paz",
    "november nov novembre noviembre novembro listopad listopada lis",
    "december dec dezember dez decembre diciembre dic dicembre dezembro desember grudzien grudnia gru",
)
# Without the French “mar”, which is a month as well.
WEEKDAYS = frozenset(
    "monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun "
    "montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so "
    "lundi lun mardi mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim "
    "lunes martes miercoles mie jueves jue viernes vie sabado sab domingo dom".split()
)
_NUMBER = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
MONTHS = frozenset(name.rstrip(".") for name in _NUMBER)


def month_number(word: str) -> int | None:
    """1 to 12 for a month's name or usual abbreviation in a known language, else None."""
    return _NUMBER.get(plain(word))


def is_weekday(word: str) -> bool:
    """Whether the word names a day of the week."""
    return plain(word) in WEEKDAYS
