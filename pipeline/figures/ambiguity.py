"""Which names of a person are many people's: `Kim` alone, a first name alone, a small word of a language."""

from collections.abc import Iterable
from functools import lru_cache

from pipeline.entities.boundaries import is_spaced
from pipeline.entities.normalise import folded, normalise
from pipeline.knowledge import load
from pipeline.language.markers import words
from schemas.alert import FigureKind


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# The commonest family names of Korea, China, Vietnam, of Arabic, Russian, Spanish, English and Indian use, folded;
# alone they say little of who is meant. From public lists of frequent surnames.
_FAMILY = _set("""
    kim lee ri yi pak park choe choi jong jung jeong chung kang cho jo yun yoon jang chang im lim han sin shin so seo
    kwon hwang an ahn song ryu yu hong jon jeon ko go mun moon son wang li zhang liu chen yang huang zhao wu zhou xu
    sun ma zhu hu guo he lin gao luo zheng liang xie tang nguyen tran le pham hoang phan vu vo dang bui do ngo ly
    ahmed ali hassan hussein ibrahim khan mohammed mohamed muhammad abdullah rahman smith jones brown johnson williams
    miller davis garcia rodriguez martinez hernandez lopez gonzalez perez sanchez silva santos ivanov petrov smirnov
    singh kumar sharma patel das muller schmidt schneider martin bernard dubois rossi russo ким ли пак иванов петров
    смирнов 金 李 王 张 刘 陈 杨 赵 黄 吴 周 김 이 박 최 정
""")
_SHORT = 2


def ambiguous_names(kind: FigureKind, names: Iterable[str]) -> tuple[str, ...]:
    """Those of a person's names that ask for context; none of an organisation or a place."""
    return tuple(name for name in names if kind == "person" and is_ambiguous(name))


def is_ambiguous(name: str) -> bool:
    """Whether a name of one word is a common family name, a first name, or a small word."""
    key = folded(name)
    if " " in key:
        return False
    if key in _FAMILY or (is_spaced(key) and len(key) <= _SHORT):
        return True
    return key in _given() or any(key in listed for listed in words().values())


@lru_cache(maxsize=1)
def _given() -> frozenset[str]:
    """First words of the names of at least two known people of more than one word, folded."""
    counts: dict[str, int] = {}
    for entity in load().entities:
        if entity.type == "PER" and " " in entity.name:
            first = normalise(entity.name.split()[0]).text
            counts[first] = counts.get(first, 0) + 1
    return frozenset(name for name, count in counts.items() if count > 1)
