"""Pages whose article is known: made texts in 19 languages, set in seven layouts that sites have, and walls.

The texts are the corpus's (`corpus`), the frames are written here: navigation, banners, related stories in the same
language, bylines, share buttons, comments, footers. Which of a page is the article is known since it was put there.
"""

import html
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from schemas.item import Item
from tests.benchmarks.corpus import Maker

# By language: what a consent page says, and what stands where an article ends for who does not pay.
WALLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("We value your privacy and so do our 842 partners.",
         "We and our partners store and access information on your device, such as cookies, to show you advertising.",
         "You may accept all purposes or choose which of them you allow, and change your choice at any time."),
        ("This article is for subscribers only.",
         "Subscribe now and read everything without limits for the first month, then cancel whenever you like.")),
    "id": (
        ("Kami menghargai privasi Anda, begitu pula 842 mitra kami.",
         "Kami dan mitra menyimpan dan mengakses informasi di perangkat Anda, misalnya kuki, untuk menampilkan iklan.",
         "Anda dapat menerima semua tujuan atau memilih yang Anda izinkan, dan mengubah pilihan kapan saja."),
        ("Artikel ini khusus untuk pelanggan.",
         "Berlangganan sekarang dan baca semua berita tanpa batas pada bulan pertama, batalkan kapan pun Anda mau.")),
    "de": (
        ("Wir und unsere 842 Partner achten Ihre Privatsphäre.",
         "Wir speichern Informationen auf Ihrem Gerät, etwa Cookies, und rufen sie ab, um Ihnen Werbung zu zeigen.",
         "Sie können allen Zwecken zustimmen oder einzelne auswählen und Ihre Wahl jederzeit ändern."),
        ("Dieser Artikel ist nur für Abonnenten.",
         "Testen Sie jetzt unser Angebot einen Monat lang ohne Grenzen und kündigen Sie, wann immer Sie möchten.")),
    "fr": (
        ("Votre vie privée compte pour nous et pour nos 842 partenaires.",
         "Nos partenaires et nous conservons des informations sur votre appareil pour vous montrer de la publicité.",
         "Vous pouvez tout accepter ou choisir ce que vous permettez, et changer d'avis à tout moment."),
        ("Cet article est réservé aux abonnés.",
         "Abonnez-vous pour lire tous nos articles sans limite le premier mois, puis arrêtez quand vous voulez.")),
    "es": (
        ("Su privacidad nos importa a nosotros y a nuestros 842 socios.",
         "Nosotros y nuestros socios guardamos información en su dispositivo, como cookies, para mostrarle publicidad.",
         "Puede aceptar todos los fines o elegir cuáles permite, y cambiar su elección en cualquier momento."),
        ("Este artículo es solo para suscriptores.",
         "Suscríbase ahora y lea todo sin límites durante el primer mes, y cancele cuando usted quiera.")),
    "pt": (
        ("A sua privacidade é importante para nós e para os nossos 842 parceiros.",
         "Nós e os nossos parceiros guardamos informações no seu aparelho, como cookies, para lhe mostrar anúncios.",
         "Pode aceitar todas as finalidades ou escolher as que permite, e mudar a escolha a qualquer momento."),
        ("Este artigo é exclusivo para assinantes.",
         "Assine agora e leia tudo sem limites no primeiro mês, e cancele a assinatura quando quiser.")),
    "ru": (
        ("Мы и наши 842 партнёра ценим вашу конфиденциальность.",
         "Мы и партнёры храним на вашем устройстве данные, например файлы cookie, чтобы показывать вам рекламу.",
         "Вы можете принять все цели или выбрать разрешённые и изменить свой выбор в любое время."),
        ("Эта статья доступна только подписчикам.",
         "Оформите подписку и читайте все материалы без ограничений первый месяц, отменить можно когда угодно.")),
    "uk": (
        ("Ми та наші 842 партнери цінуємо вашу приватність.",
         "Ми та партнери зберігаємо на вашому пристрої дані, наприклад файли cookie, щоб показувати вам рекламу.",
         "Ви можете прийняти всі цілі або вибрати дозволені та змінити свій вибір у будь-який час."),
        ("Ця стаття доступна лише передплатникам.",
         "Оформіть передплату й читайте всі матеріали без обмежень перший місяць, скасувати можна будь-коли.")),
    "tr": (
        ("Gizliliğinize biz ve 842 iş ortağımız önem veriyoruz.",
         "Biz ve ortaklarımız size reklam göstermek için cihazınızda çerez gibi bilgileri saklıyor ve okuyoruz.",
         "Bütün amaçları kabul edebilir ya da bazılarını seçebilir, seçiminizi sonra değiştirebilirsiniz."),
        ("Bu yazı yalnızca aboneler içindir.",
         "Şimdi abone olun, ilk ay bütün haberleri sınırsız okuyun, dilediğiniz zaman aboneliği bırakın.")),
    "ar": (
        ("نحن وشركاؤنا البالغ عددهم 842 نهتم بخصوصيتك.",
         "نخزن نحن وشركاؤنا معلومات على جهازك مثل ملفات تعريف الارتباط لنعرض لك الإعلانات المناسبة.",
         "يمكنك قبول جميع الأغراض أو اختيار ما تسمح به منها وتغيير اختيارك في أي وقت تشاء."),
        ("هذا المقال متاح للمشتركين فقط.",
         "اشترك الآن واقرأ كل المقالات بلا حدود في الشهر الأول ثم ألغ الاشتراك متى شئت.")),
    "fa": (
        ("ما و ۸۴۲ شریک ما به حریم خصوصی شما احترام می‌گذاریم.",
         "ما و شرکایمان اطلاعاتی مانند کوکی را در دستگاه شما ذخیره می‌کنیم تا به شما تبلیغات نشان دهیم.",
         "می‌توانید همه هدف‌ها را بپذیرید یا آنچه را اجازه می‌دهید برگزینید و هر زمان انتخابتان را تغییر دهید."),
        ("این مقاله تنها برای مشترکان است.",
         "اکنون مشترک شوید و ماه نخست همه مطالب را بدون محدودیت بخوانید و هر زمان خواستید لغو کنید.")),
    "ja": (
        ("当社と842社のパートナーはお客様のプライバシーを尊重します。",
         "当社とパートナーは広告を表示するためにクッキーなどの情報を端末に保存し、利用することがあります。",
         "すべての目的に同意することも、許可する目的を選ぶこともでき、選択はいつでも変更できます。"),
        ("この記事は有料会員限定です。",
         "今すぐ登録すると最初の一か月はすべての記事を制限なくお読みいただけます。解約はいつでも可能です。")),
    "zh-Hans": (
        ("我们和八百四十二家合作伙伴重视您的隐私。",
         "我们和合作伙伴会在您的设备上存储和读取诸如小型文本文件之类的信息，以便向您展示广告。",
         "您可以接受所有用途，也可以选择您允许的用途，并且可以随时更改您的选择。"),
        ("本文仅供订阅用户阅读。",
         "立即订阅，首月可以不受限制地阅读全部文章，之后您可以随时取消订阅，无需任何理由。")),
    "ko": (
        ("저희와 842개 협력사는 이용자의 개인정보를 소중히 여깁니다.",
         "저희와 협력사는 광고를 보여 드리기 위해 쿠키와 같은 정보를 이용자의 기기에 저장하고 읽습니다.",
         "모든 목적에 동의하거나 허용할 목적을 고를 수 있으며 선택은 언제든지 바꿀 수 있습니다."),
        ("이 기사는 구독자 전용입니다.",
         "지금 구독하면 첫 달 동안 모든 기사를 제한 없이 읽을 수 있으며 원할 때 언제든지 해지할 수 있습니다.")),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A page: the item as its feed gives it, its HTML, the article that it holds, and in which language and layout."""

    item: Item
    html: str
    text: str
    language: str
    layout: str


def made_pages(each: int, seed: int = 11) -> list[Made]:
    """So many pages in each of the corpus's languages; the layouts in turn."""
    return [
        Made(item=_as_fed(item), html=layout(item, others), text=item.body, language=language, layout=layout.__name__)
        for language, items in sorted(_texts(each, seed).items())
        for number, item in enumerate(items)
        for layout in (LAYOUTS[number % len(LAYOUTS)],)
        for others in ([other for other in items if other is not item],)
    ]


def walls(each: int, seed: int = 12) -> Iterator[tuple[str, list[Made]]]:
    """For each language with walls two sites: one that asks for consent, and one whose articles end after a paragraph.

    Every second page of the latter says so in schema.org's words.
    """
    for language, items in sorted(_texts(each, seed).items()):
        if language not in WALLS:
            continue
        asks, offer = WALLS[language]
        yield (
            "consent",
            [
                Made(
                    item=_as_fed(item),
                    html=_consent(asks, number),
                    text=" ".join(asks),
                    language=language,
                    layout="wall",
                )
                for number, item in enumerate(items)
            ],
        )
        yield "paywall", [
            Made(
                item=_as_fed(item), html=_paywall(item, offer, told=bool(number % 2)), text=" ".join(offer),
                language=language, layout="wall",
            )
            for number, item in enumerate(items)
        ]  # fmt: skip


def _texts(each: int, seed: int) -> dict[str, list[Item]]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in Maker(f"pages{seed}", seed).items(600 * each):
        if item.language_hint and len(found[item.language_hint]) < each and item.body.count("\n\n") > 1:
            found[item.language_hint].append(item)
    return dict(found)


def _as_fed(item: Item) -> Item:
    return Item(
        id=item.id, source=item.source, url=item.url, fetched_at=item.fetched_at, title=item.title, summary=item.summary
    )


def _p(texts: Sequence[str], tag: str = "p") -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)


def _paragraphs(item: Item) -> list[str]:
    return [part for part in item.body.split("\n\n") if part.strip()]


def _links(items: Sequence[Item], count: int) -> str:
    return "".join(f'<li><a href="{item.url}">{html.escape(item.title)}</a></li>' for item in items[:count])


def _framed(item: Item, head: str, body: str) -> str:
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(item.title)} | Example</title>'
        f"{head}</head><body>{body}<script>window.dataLayer=[]</script></body></html>"
    )


def semantic(item: Item, others: Sequence[Item]) -> str:
    """HTML5 as it should be: header, nav, article, aside, footer."""
    body = (
        f"<header><nav><ul>{_links(others, 6)}</ul></nav></header><main><article><h1>{html.escape(item.title)}</h1>"
        f"<p class=byline>Desk · 5 min</p>{_p(_paragraphs(item))}</article><aside><ul>{_links(others[6:], 4)}</ul>"
        "</aside></main><footer><p>© Example Media 2026</p><a href=/terms>Terms</a> <a href=/ads>Ads</a></footer>"
    )
    return _framed(item, "", body)


def divisions(item: Item, others: Sequence[Item]) -> str:
    """A system of the tens: divisions with class names, a bar of buttons, related stories between paragraphs."""
    first, *rest = _paragraphs(item)
    related = f"<div class='related-box'><span>+</span><ul>{_links(others, 3)}</ul></div>"
    body = (
        f"<div id=top class=menu><ul>{_links(others, 8)}</ul></div><div class=wrap><div class='post single'>"
        f"<div class=entry-title>{html.escape(item.title)}</div><div class=share><a href=#>Facebook</a><a href=#>X</a>"
        f"</div><div class=entry-content>{_p([first])}{related}{_p(rest)}</div></div>"
        f"<div class=sidebar><div class=widget><ul>{_links(others[3:], 6)}</ul></div></div></div>"
        "<div class=footer>Example Media</div>"
    )
    return _framed(item, "", body)


def table(item: Item, others: Sequence[Item]) -> str:
    """An old site: a table for the page, line breaks for paragraphs."""
    text = "<br><br>".join(map(html.escape, _paragraphs(item)))
    body = (
        f"<table width=900><tr><td colspan=3><font size=5>Example</font></td></tr><tr><td width=150 valign=top>"
        f"<ul>{_links(others, 7)}</ul></td><td valign=top><b>{html.escape(item.title)}</b><br><br>{text}</td>"
        f"<td width=150><ul>{_links(others[2:], 3)}</ul></td></tr></table>"
    )
    return _framed(item, "", body)


def banner(item: Item, others: Sequence[Item]) -> str:
    """A consent banner above an article that is there, a newsletter in it, comments below."""
    first, *rest = _paragraphs(item)
    asks = WALLS["en"][0]
    body = (
        f"<div id=cookie-banner role=dialog>{_p(asks)}<button>OK</button></div><div role=main><article>"
        f"<h1>{html.escape(item.title)}</h1>{_p([first])}<div class=newsletter-signup><h3>Newsletter</h3>"
        f"<form><input type=email><button>OK</button></form></div>{_p(rest)}</article></div><section id=comments>"
        f"<div class=comment><b>reader1</b><p>Nice.</p></div><div class=comment><p>No!</p></div></section>"
        f"<div class=recommended><ul>{_links(others, 5)}</ul></div>"
    )
    return _framed(item, "", body)


def teasers(item: Item, others: Sequence[Item]) -> str:
    """Below the article come others with their first lines, as long as itself."""
    below = "".join(
        f"<section class=teaser><h2><a href='{other.url}'>{html.escape(other.title)}</a></h2>"
        f"<p>{html.escape(other.summary)}</p></section>"
        for other in others[:8]
    )
    body = (
        f"<nav>{_links(others, 5)}</nav><div class=article-body itemprop=articleBody><h1>{html.escape(item.title)}</h1>"
        f"{_p(_paragraphs(item))}</div><div class=more-stories>{below}</div><footer>Example</footer>"
    )
    return _framed(item, "", body)


def scripted(item: Item, others: Sequence[Item]) -> str:
    """A page made by a script: spans for paragraphs, hashed class names, schema.org beside it."""
    data = json.dumps({"@type": "NewsArticle", "headline": item.title, "isAccessibleForFree": True})
    body = (
        f"<div id=__next><div class=css-1a2b><ul>{_links(others, 5)}</ul></div><div class=css-9z8y><h1>"
        f"{html.escape(item.title)}</h1><div class=css-7x6w>{_p(_paragraphs(item), 'div')}</div></div>"
        f"<div class=css-3c4d><ul>{_links(others[5:], 3)}</ul></div></div>"
    )
    return _framed(item, f"<script type='application/ld+json'>{data}</script>", body)


def quoted(item: Item, others: Sequence[Item]) -> str:
    """With subheads, a quotation, a figure with its caption, and a list of tags."""
    first, second, *rest = _paragraphs(item)
    body = (
        f"<header>{_links(others, 4)}</header><article><h1>{html.escape(item.title)}</h1><figure><img src=/a.jpg>"
        f"<figcaption>Photo: Example</figcaption></figure>{_p([first])}<blockquote>{_p([second])}</blockquote>"
        f"{_p(rest)}"
        "<ul class=tags><li><a href=/t/1>tag1</a></li><li><a href=/t/2>tag2</a></li></ul></article>"
        f"<aside class=popular><ol>{_links(others[4:], 5)}</ol></aside>"
    )
    return _framed(item, "", body)


LAYOUTS: tuple[Callable[[Item, Sequence[Item]], str], ...] = (
    semantic, divisions, table, banner, teasers, scripted, quoted,
)  # fmt: skip


def _consent(asks: Sequence[str], number: int) -> str:
    request = random.Random(number).getrandbits(48)
    return (
        f"<html><head><title>Consent</title></head><body><main><h1>{html.escape(asks[0])}</h1>{_p(asks[1:])}"
        f"<p>ID {request:x}</p><button>OK</button></main></body></html>"
    )


def _paywall(item: Item, offer: Sequence[str], *, told: bool) -> str:
    data = json.dumps({"@type": "NewsArticle", "isAccessibleForFree": False})
    head = f"<script type='application/ld+json'>{data}</script>" if told else ""
    body = (
        f"<article><h1>{html.escape(item.title)}</h1>{_p(_paragraphs(item)[:1])}"
        f"<div class=offer>{_p(offer)}</div></article>"
    )
    return _framed(item, head, body)
