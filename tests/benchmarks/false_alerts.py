"""How often people whom nobody tracks alert: `pip install faker && python -m tests.benchmarks.false_alerts`.

Everyone known is tracked, by all names. Each of 50,000 names that Faker (MIT licence, https://github.com/joke2k/faker)
makes in twenty languages stands in a sentence of its language: alone, with a title, in a headline. A name that one of
the tracked has, letter by letter but for diacritics and case, is no stranger's and is left out. `--show` prints each
that alerts.
"""

import argparse
import importlib
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from pipeline.entities import Recogniser
from pipeline.entities.normalise import normalise
from pipeline.figures import slim
from pipeline.figures.known import KINDS
from pipeline.figures.workbench import as_document
from pipeline.knowledge import Entity, load
from pipeline.rules.book import RuleBook
from pipeline.rules.match import matches
from schemas.alert import Figure
from schemas.codec import now

# Written for this: a sentence in the middle of which the name stands, and one at the head of which it does.
SENTENCES: Final = {
    "en_US": ("The driver, {}, was not hurt in the accident on Monday.", "{} wins the local chess prize"),
    "de_DE": ("Der Fahrer {} wurde bei dem Unfall am Montag nicht verletzt.", "{} gewinnt den Preis im Schach"),
    "fr_FR": ("Le conducteur, {}, n'a pas été blessé lundi dans l'accident.", "{} remporte le prix d'échecs"),
    "es_ES": ("El conductor, {}, no resultó herido el lunes en el accidente.", "{} gana el premio de ajedrez"),
    "it_IT": ("Il conducente, {}, non è rimasto ferito lunedì nell'incidente.", "{} vince il premio di scacchi"),
    "pt_BR": ("O motorista, {}, não se feriu no acidente de segunda-feira.", "{} vence o prêmio de xadrez"),
    "nl_NL": ("De bestuurder, {}, raakte maandag niet gewond bij het ongeval.", "{} wint de schaakprijs"),
    "sv_SE": ("Föraren {} skadades inte i olyckan på måndagen.", "{} vinner schackpriset"),
    "pl_PL": ("Kierowca {} nie został ranny w poniedziałkowym wypadku.", "{} wygrywa nagrodę w szachach"),
    "cs_CZ": ("Řidič {} nebyl při pondělní nehodě zraněn.", "{} vyhrává šachovou cenu"),
    "hr_HR": ("Vozač {} nije ozlijeđen u nesreći u ponedjeljak.", "{} osvaja nagradu u šahu"),
    "ro_RO": ("Șoferul {} nu a fost rănit în accidentul de luni.", "{} câștigă premiul la șah"),
    "ru_RU": ("Водитель {} не пострадал в аварии в понедельник.", "{} получает приз по шахматам"),
    "uk_UA": ("Водій {} не постраждав в аварії у понеділок.", "{} отримує приз із шахів"),
    "tr_TR": ("Sürücü {} pazartesi günkü kazada yaralanmadı.", "{} satranç ödülünü kazandı"),
    "fi_FI": ("Kuljettaja {} ei loukkaantunut maanantain onnettomuudessa.", "{} voittaa shakkipalkinnon"),
    "id_ID": ("Sopir bernama {} tidak terluka dalam kecelakaan hari Senin.", "{} memenangi hadiah catur"),
    "hi_IN": ("चालक {} सोमवार की दुर्घटना में घायल नहीं हुआ।", "{} ने शतरंज का पुरस्कार जीता"),
    "ja_JP": ("運転手の{}さんは月曜日の事故でけがはなかった。", "{}さん、将棋の賞を受賞"),
    "ko_KR": ("운전자 {} 씨는 월요일 사고에서 다치지 않았다.", "{} 씨, 바둑 상을 받다"),
}


def strangers(count: int, known: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """So many times a language, a name, and a sentence with it."""
    faker: Any = importlib.import_module("faker")
    makers = {locale: faker.Faker(locale) for locale in SENTENCES}
    chance = random.Random(5)
    for number, maker in enumerate(makers.values()):
        maker.seed_instance(number)
    made = 0
    while made < count:
        locale = chance.choice(list(SENTENCES))
        maker = makers[locale]
        first, last = str(maker.first_name()), str(maker.last_name())
        name = f"{last}{first}" if locale in {"ja_JP", "ko_KR"} else f"{first} {last}"
        if key(name) not in known:
            yield locale[:2], name, chance.choice(SENTENCES[locale]).format(name)
            made += 1


def key(name: str) -> str:
    """A name as it is compared."""
    return "".join(normalise(name).text.split())


def _figure(entity: Entity) -> Figure:
    return Figure(id=entity.id, name=entity.name, kind=KINDS[entity.type], aliases=entity.aliases)


def measure(count: int) -> tuple[list[tuple[str, str, str, str]], int]:
    """Language, name, figure and reason of each stranger that alerts, and how many people are tracked."""
    people = [entity for entity in load().entities if entity.type == "PER"]
    recogniser = Recogniser(load().entities, tagger=False)
    figures = [_figure(entity) for entity in people]
    recogniser.track_all(figures)
    tracked = {figure.id: slim(figure) for figure in figures}
    known = frozenset(key(name) for entity in people for name in (entity.name, *entity.aliases))
    index = RuleBook().index
    false: list[tuple[str, str, str, str]] = []
    for language, name, sentence in strangers(count, known):
        document = as_document(recogniser, body=sentence, language=language)
        false += [
            (language, name, tracked[match.figure_id].name, match.why)
            for match in matches(document, tracked, index, now())
            if match.figure_id in tracked
        ]
    return false, len(people)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=50_000)
    parser.add_argument("--show", action="store_true", help="also print every name that alerts")
    arguments = parser.parse_args()
    false, people = measure(arguments.names)
    share = len(false) / arguments.names * 10_000
    by_language = ", ".join(f"{language} {count}" for language, count in Counter(f[0] for f in false).most_common())
    print(f"{people:,} people tracked, {arguments.names:,} names of others: {len(false)} alerts, {share:.1f} in 10,000")  # noqa: T201 - a command
    print(by_language)  # noqa: T201 - the same
    if arguments.show:
        for language, name, figure, why in false:
            print(f"  {language} {name}: {figure} [{why}]")  # noqa: T201 - the same


if __name__ == "__main__":
    main()
