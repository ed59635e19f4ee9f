"""Sentences of many languages with the encodings that their users' programs write, for the tests of encodings."""

from __future__ import annotations

import unicodedata

#: Language: (encodings, sentences as reviews, messages and news write them).
SAMPLES: dict[str, tuple[str, list[str]]] = {
    "English": (
        "cp1252",
        [
            "It’s the third time we’ve asked “why” – and it’s the last",
            "The café was lovely, but £12 for a crêpe is too much",
            "Battery lasts 10 hours – better than promised…",
            "He said he’d call back at 5 o’clock and never did",
        ],
    ),
    "German": (
        "cp1252",
        [
            "Die Lieferung kam zu spät und die Schachtel war beschädigt",
            "Für den Preis ist die Qualität völlig in Ordnung",
            "Ich möchte mein Geld zurück, das Gerät läuft nicht",
            "Schöne Farbe, große Auswahl und freundlicher Service",
        ],
    ),
    "French": (
        "cp1252",
        [
            "Le colis est arrivé très abîmé, je suis déçue",
            "Excellent rapport qualité-prix, à recommander à tous",
            "L’été dernier nous étions déjà passés par là",
            "Où est passé le reçu que vous m’aviez promis ?",
        ],
    ),
    "Spanish": (
        "cp1252",
        [
            "El envío tardó más de tres semanas en llegar",
            "¿Por qué no funciona la batería después de una hora?",
            "El niño está muy contento con su regalo de cumpleaños",
            "La atención fue pésima y nadie contestó el teléfono",
        ],
    ),
    "Portuguese": (
        "cp1252",
        [
            "A entrega não chegou e ninguém dá informação",
            "Ótimo produto, superou as minhas expectativas",
            "Comprei há três meses e já está com problemas",
            "O atendimento é péssimo, não recomendo a ninguém",
        ],
    ),
    "Swedish": (
        "cp1252",
        [
            "Paketet kom för sent och lådan var trasig",
            "Jag är mycket nöjd med köpet, det fungerar som det ska",
            "Varför svarar ingen på mina frågor någon gång?",
            "Färgen är fin men storleken är för liten för mig",
        ],
    ),
    "Polish": (
        "cp1250",
        [
            "Paczka przyszła za późno i była uszkodzona",
            "Jestem bardzo zadowolony z zakupu, polecam każdemu",
            "Dlaczego nikt nie odpowiada na moje pytania? Proszę o zwrot pieniędzy",
            "Książka jest świetna, żona przeczytała ją w dwa dni",
        ],
    ),
    "Czech": (
        "cp1250",
        [
            "Zásilka přišla pozdě a krabice byla poškozená",
            "Jsem velmi spokojený s nákupem, doporučuji všem",
            "Proč nikdo neodpovídá na mé otázky? Žádám vrácení peněz",
            "Kvalita je výborná, děti z toho měly velkou radost",
        ],
    ),
    "Hungarian": (
        "cp1250",
        [
            "A csomag túl későn érkezett és a doboz sérült volt",
            "Nagyon elégedett vagyok a termékkel, mindenkinek ajánlom",
            "Miért nem válaszol senki a kérdéseimre? Kérem vissza a pénzt",
            "A szín gyönyörű, de a méret kisebb, mint amit ígértek, őszintén szólva rossz",
        ],
    ),
    "Turkish": (
        "cp1254",
        [
            "Kargo çok geç geldi ve kutu hasarlıydı",
            "Ürünü çok beğendim, herkese tavsiye ederim",
            "Neden kimse sorularıma cevap vermiyor? Paramı geri istiyorum",
            "Fiyatına göre kalitesi gayet iyi, teşekkürler, şikâyetim yok",
        ],
    ),
    "Vietnamese": (
        "cp1258",
        [
            "Hàng giao quá chậm và hộp bị hỏng hết rồi",
            "Tôi rất hài lòng với sản phẩm này, mọi người nên mua",
            "Tại sao không ai trả lời câu hỏi của tôi?",
            "Chất lượng tốt so với giá tiền, cảm ơn cửa hàng nhiều",
        ],
    ),
    "Russian": (
        "cp1251 koi8_r",
        [
            "Посылка пришла слишком поздно, и коробка была повреждена",
            "Очень доволен покупкой, рекомендую всем знакомым",
            "Почему никто не отвечает на мои вопросы? Верните деньги",
            "Хороший телефон за свою цену, но камера слабая",
        ],
    ),
    "Ukrainian": (
        "cp1251",
        [
            "Посилка прийшла запізно, і коробка була пошкоджена",
            "Дуже задоволений покупкою, рекомендую всім знайомим",
            "Чому ніхто не відповідає на мої запитання? Поверніть гроші",
            "Гарний телефон за свою ціну, але камера слабка, їй богу",
        ],
    ),
    "Greek": (
        "cp1253",
        [
            "Το δέμα ήρθε πολύ αργά και το κουτί ήταν χαλασμένο",
            "Είμαι πολύ ευχαριστημένος με την αγορά, το συνιστώ σε όλους",
            "Γιατί κανείς δεν απαντά στις ερωτήσεις μου;",
            "Καλή ποιότητα για την τιμή του, ευχαριστώ πολύ",
        ],
    ),
    "Hebrew": (
        "cp1255",
        [
            "החבילה הגיעה מאוחר מדי והקופסה הייתה פגומה",
            "אני מאוד מרוצה מהקנייה וממליץ לכולם",
            "למה אף אחד לא עונה על השאלות שלי?",
            "איכות טובה ביחס למחיר, תודה רבה לכם",
        ],
    ),
    "Arabic": (
        "cp1256",
        [
            "وصل الطرد متأخرا جدا وكانت العلبة تالفة",
            "أنا راض جدا عن هذا المنتج وأنصح به الجميع",
            "لماذا لا يجيب أحد على أسئلتي؟ أريد استرداد نقودي",
            "جودة ممتازة مقارنة بالسعر، شكرا جزيلا لكم",
        ],
    ),
    "Thai": (
        "tis_620",
        [
            "พัสดุมาถึงช้ามากและกล่องก็เสียหาย",
            "พอใจกับสินค้ามาก แนะนำให้ทุกคนซื้อ",
            "ทำไมไม่มีใครตอบคำถามของฉันเลย",
            "คุณภาพดีเมื่อเทียบกับราคา ขอบคุณมากครับ",
        ],
    ),
    "Chinese, simplified": (
        "gb18030 gbk",
        [
            "快递来得太晚了，盒子也坏了，非常失望",
            "这个产品质量很好，价格也便宜，推荐大家购买",
            "为什么没有人回答我的问题？我要退款",
            "手机拍照效果不错，电池也很耐用，就是有点重",
        ],
    ),
    "Chinese, traditional": (
        "big5",
        [
            "包裹來得太晚了，盒子也壞了，非常失望",
            "這個產品品質很好，價格也便宜，推薦大家購買",
            "為什麼沒有人回答我的問題？我要退款",
            "手機拍照效果不錯，電池也很耐用，就是有點重",
        ],
    ),
    "Japanese": (
        "cp932 euc_jp",
        [
            "荷物が届くのが遅く、箱も壊れていました",
            "とても満足しています。皆さんにおすすめします",
            "どうして誰も質問に答えてくれないのですか。返金してください",
            "値段の割に品質が良く、カメラの画質もきれいです",
        ],
    ),
    "Korean": (
        "cp949",
        [
            "택배가 너무 늦게 왔고 상자도 망가져 있었어요",
            "제품이 아주 마음에 들어요. 모두에게 추천합니다",
            "왜 아무도 제 질문에 대답하지 않나요? 환불해 주세요",
            "가격에 비해 품질이 좋고 카메라 화질도 훌륭합니다",
        ],
    ),
}


def encoded(text: str, encoding: str) -> bytes:
    """A text in an encoding; Windows-1258 writes its tones as signs of their own."""
    if encoding != "cp1258":
        return text.encode(encoding)
    plain = []
    for character in text:
        base, *marks = list(unicodedata.normalize("NFD", character))
        tones = [m for m in marks if m in "\u0300\u0301\u0303\u0309\u0323"]
        plain.append(unicodedata.normalize("NFC", base + "".join(m for m in marks if m not in tones)) + "".join(tones))
    return "".join(plain).encode("cp1258")


def table(language: str, n: int) -> str:
    """A CSV of `n` rows of a language, with an English header and ASCII labels."""
    sentences = SAMPLES[language][1]
    return "text,label\n" + "".join(
        f'"{sentences[i % len(sentences)]}",{"pos" if i % 2 else "neg"}\n' for i in range(n)
    )


CASES = [(language, encoding) for language, (encodings, _) in SAMPLES.items() for encoding in encodings.split()]
