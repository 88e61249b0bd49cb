"""Invented customers, addresses and sales people: names from lists, phones and mail domains that cannot exist."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

Area = Literal["east", "west"]


def _table(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row.split("/")) for row in text.split())


SURNAMES: Final = _table(
    """
    佐藤/サトウ/sato 鈴木/スズキ/suzuki 高橋/タカハシ/takahashi 田中/タナカ/tanaka 伊藤/イトウ/ito
    渡辺/ワタナベ/watanabe 山本/ヤマモト/yamamoto 中村/ナカムラ/nakamura 小林/コバヤシ/kobayashi
    加藤/カトウ/kato 吉田/ヨシダ/yoshida 山田/ヤマダ/yamada 佐々木/ササキ/sasaki 松本/マツモト/matsumoto
    井上/イノウエ/inoue 木村/キムラ/kimura 林/ハヤシ/hayashi 清水/シミズ/shimizu 斎藤/サイトウ/saito
    阿部/アベ/abe 森/モリ/mori 池田/イケダ/ikeda 橋本/ハシモト/hashimoto 石川/イシカワ/ishikawa
    長谷川/ハセガワ/hasegawa
    """
)
GIVEN_NAMES: Final = _table(
    """
    健太/ケンタ 美咲/ミサキ 大輔/ダイスケ さくら/サクラ 翔太/ショウタ 陽菜/ヒナ 直樹/ナオキ 由美/ユミ
    拓也/タクヤ 愛/アイ 誠/マコト 恵/メグミ 浩/ヒロシ 久美子/クミコ 隆/タカシ 千尋/チヒロ 亮/リョウ
    真由美/マユミ 学/マナブ 香織/カオリ
    """
)
SHOP_STEMS: Final = _table(
    """
    あおば/アオバ さくらい/サクライ みなと/ミナト ひまわり/ヒマワリ つばめ/ツバメ やまと/ヤマト
    こだま/コダマ すみれ/スミレ はやて/ハヤテ かもめ/カモメ みどり/ミドリ ほたる/ホタル あさひ/アサヒ
    わかば/ワカバ しらゆき/シラユキ
    """
)
SHOP_KINDS: Final = _table(
    """
    食堂/ショクドウ 歯科医院/シカイイン 美容室/ビヨウシツ 書店/ショテン 珈琲店/コーヒーテン
    薬局/ヤッキョク 不動産/フドウサン 整骨院/セイコツイン 印刷所/インサツジョ 旅館/リョカン
    工務店/コウムテン 会計事務所/カイケイジムショ
    """
)
# prefecture / city and district / first digits of a postal code there
PLACES: Final[dict[Area, tuple[tuple[str, ...], ...]]] = {
    "east": _table(
        """
        東京都/千代田区神田/101 東京都/世田谷区太子堂/154 神奈川県/横浜市中区本町/231
        埼玉県/さいたま市大宮区桜木町/330 千葉県/千葉市中央区中央/260 北海道/札幌市中央区北一条西/060
        宮城県/仙台市青葉区一番町/980 新潟県/新潟市中央区古町通/951 長野県/長野市南千歳/380
        栃木県/宇都宮市大通り/320
        """
    ),
    "west": _table(
        """
        大阪府/大阪市北区梅田/530 大阪府/堺市堺区甲斐町東/590 京都府/京都市中京区河原町/604
        愛知県/名古屋市中区栄/460 福岡県/福岡市博多区博多駅前/812 広島県/広島市中区紙屋町/730
        兵庫県/神戸市中央区三宮町/650 石川県/金沢市香林坊/920 香川県/高松市丸亀町/760 沖縄県/那覇市久茂地/900
        """
    ),
}
BUILDINGS: Final = ("第一ビル", "中央ビル", "グリーンハイツ", "駅前プラザ", "コーポ若葉", "サンライズ")


@dataclass(frozen=True)
class Sales:
    """A sales person of an agent."""

    name: str
    email: str
    office: str


@dataclass(frozen=True)
class Customer:
    """Who applies, and where the line shall be."""

    area: Area
    name: str
    kana: str
    kind: str
    contact_person: str
    phone: str
    email: str
    postal_code: str
    prefecture: str
    city: str
    building: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be read on the bus, in logs or in dead-letter listings."""
        found = (self.name, self.kana, self.contact_person, self.phone, self.email)
        return tuple(text for text in found if text)


def sales_force(rng: Random, count: int = 12) -> tuple[Sales, ...]:
    """Return the sales people; their offices have codes like AB1234."""
    people: list[Sales] = []
    for number in range(count):
        surname, _, roman = rng.choice(SURNAMES)
        given, _ = rng.choice(GIVEN_NAMES)
        office = f"{rng.choice('ABCDEFGH')}{rng.choice('KLMNPQRS')}{rng.randint(1000, 9999)}"
        people.append(Sales(f"{surname} {given}", f"{roman}.{number}@hanbai.example.jp", office))
    return tuple(people)


def customer(rng: Random, serial: int, area: Area) -> Customer:
    """Return the serial-th customer (0 to 29,999), whose phone and mail nobody else has."""
    surname, surname_kana, roman = rng.choice(SURNAMES)
    given, given_kana = rng.choice(GIVEN_NAMES)
    kind = rng.choices(("法人", "個人", "官公庁", "大使館等"), weights=(60, 34, 5, 1))[0]
    if kind == "個人":
        name, kana, contact = f"{surname} {given}", f"{surname_kana} {given_kana}", ""
    else:
        stem, shop = rng.choice(SHOP_STEMS), rng.choice(SHOP_KINDS)
        suffix = f"{rng.randint(2, 9)}号店" if rng.random() < 0.3 else ""
        name = f"{surname}{stem[0]}{shop[0]}{suffix}"
        kana = f"{surname_kana}{stem[1]}{shop[1]}" + ("ゴウテン" if suffix else "")
        contact = f"{surname} {given}"
    prefecture, city, code = rng.choice(PLACES[area])
    return Customer(
        area=area,
        name=name,
        kana=kana,
        kind=kind,
        contact_person=contact,
        phone=f"0{'789'[serial // 10_000]}0-0000-{serial % 10_000:04d}",
        email=f"{roman}{serial:05d}@okyakusama.example.jp",
        postal_code=f"{code}-{rng.randint(1, 9998):04d}",
        prefecture=prefecture,
        city=f"{city}{rng.randint(1, 9)}-{rng.randint(1, 40)}-{rng.randint(1, 30)}",
        building=f"{rng.choice(BUILDINGS)}{rng.randint(101, 1209)}号室" if rng.random() < 0.6 else "",
    )
