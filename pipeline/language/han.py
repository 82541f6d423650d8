"""Simplified or traditional Chinese, told by the characters that only one of the two writes."""

from functools import cache
from importlib.resources import files
from typing import Final

# Frequent characters of the news in pairs: simplified, then traditional. From the General List of Simplified Chinese
# Characters (1964/1986); pairs whose simplified form is also a traditional character of its own are left out.
_PAIRS: Final = (
    "国國们們这這来來时時为為会會说說对對学學发發经經过過还還进進开開关關长長问問动動现現实實"
    "应應战戰报報总總统統点點区區业業东東车車马馬门門间間见見认認让讓议議论論讯訊记記话話语語"
    "请請谈談调調访訪负負责責财財货貨贸貿费費资資质質军軍农農决決务務办辦劳勞势勢勤勤华華单單卖賣卫衛"
    "厂廠历歷压壓县縣参參双雙变變叶葉号號听聽启啟员員响響团團围圍图圖圆圓场場块塊坛壇声聲处處备備复復头頭夺奪"
    "奖獎妇婦孙孫宁寧宝寶审審宪憲宽寬导導将將专專尔爾层層岁歲岛島币幣师師帮幫带帶广廣庆慶库庫张張归歸当當录錄"
    "忆憶怀懷态態惊驚愿願护護担擔拟擬择擇损損换換据據掷擲摆擺敌敵数數断斷无無旧舊显顯晓曉术術机機权權条條极極构構"
    "标標样樣检檢欢歡欧歐残殘毁毀汇匯汉漢汤湯沟溝沪滬济濟测測浓濃涨漲渐漸温溫湾灣满滿灭滅灵靈灾災炼煉烟煙热熱爱愛"
    "状狀独獨猎獵环環电電画畫疗療监監盖蓋盘盤码碼确確离離种種积積称稱稳穩穷窮窃竊竞競笔筆签簽简簡类類粮糧紧緊纪紀"
    "约約级級纳納纷紛线線组組细細织織终終绍紹结結给給络絡绝絕继繼绩績续續维維综綜网網罗羅罚罰职職联聯肃肅胜勝脑腦"
    "节節艺藝苏蘇荣榮药藥莱萊营營蓝藍虽雖蚀蝕补補装裝规規视視览覽觉覺触觸誉譽许許设設证證评評识識诉訴诊診词詞译譯试試"
    "诗詩诚誠误誤诺諾谋謀谓謂谢謝谱譜贝貝贡貢败敗账賬贩販贫貧购購贵貴贷貸赖賴赛賽赢贏趋趨跃躍践踐轨軌转轉轮輪软軟轻輕"
    "载載较較辆輛输輸边邊达達迁遷运運违違连連迟遲适適选選递遞逻邏遗遺邮郵邻鄰郑鄭酝醞释釋钟鐘钢鋼钱錢铁鐵银銀销銷锁鎖错錯"
    "键鍵镇鎮闭閉闻聞阅閱阶階际際陆陸陈陳险險随隨隐隱难難雾霧静靜顶頂项項顺順须須顾顧预預领領频頻题題额額风風飞飛饭飯饮飲"
    "馆館驱驅验驗骑騎鱼魚鲁魯鸟鳥鸡雞麦麥黄黃齐齊龄齡龙龍亚亞产產亲親仅僅从從仓倉仪儀价價众眾优優伤傷传傳伟偉体體佣傭侧側"
    "债債倾傾偿償储儲党黨兰蘭兴興养養写寫冲衝况況净淨减減击擊刘劉则則刚剛创創别別剧劇劝勸协協卢盧"
)
_SIMPLIFIED: Final = frozenset(_PAIRS[::2]) - frozenset(_PAIRS[1::2])
_TRADITIONAL: Final = frozenset(_PAIRS[1::2]) - frozenset(_PAIRS[::2])


def chinese(text: str) -> tuple[str | None, float]:
    """`zh-Hans` or `zh-Hant` with the share of telling characters on its side, or None where none tells."""
    simplified = sum(map(_SIMPLIFIED.__contains__, text))
    traditional = sum(map(_TRADITIONAL.__contains__, text))
    telling = simplified + traditional
    if not telling or simplified == traditional:
        return None, 0.0
    if simplified > traditional:
        return "zh-Hans", simplified / telling
    return "zh-Hant", traditional / telling


@cache
def simplifying() -> dict[int, str]:
    """Traditional characters, as code points, with their simplified ones (`han.tsv`), for `str.translate`."""
    text = (files("pipeline.language") / "han.tsv").read_text(encoding="utf-8")
    return {ord(line[0]): line[2] for line in text.splitlines() if not line.startswith("#")}


def simplified(text: str) -> str:
    """A Chinese text in simplified characters, each where it stood."""
    return text.translate(simplifying())
