"""How texts of every script are read in words, and that ROUGE and the leak rule read them so."""

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from engine.data.examples import Example
from engine.evaluation.leak_rule import derive_key_terms, find_leak, find_terms
from engine.evaluation.rouge import ROUGE_SCORE, UNICODE, rouge_recall, rouge_words
from engine.evaluation.words import begins, forms, words

SENTENCES = [
    "她住在奥斯陆",
    "彼は東京に住んでいる",
    "เธออาศัยอยู่ที่ออสโล",
    "ນາງອາໄສຢູ່ວຽງຈັນ",
    "នាងរស់នៅភ្នំពេញ",
    "သူမသည် ရန်ကုန်တွင် နေထိုင်သည်",
    "그녀는 서울에 산다",
    "Она живёт в Осло",
    "वह ओस्लो में रहती है",
    "அவள் தமிழ் பேசுகிறாள்",
    "সে ঢাকায় থাকে",
    "هي تسكن في أوسلو",
    "היא גרה בברלין",
    "Sie wohnt in Köln",
    "Łódź",
    "À Orléans",
    "Hà Nội",
    "😀",
    "+",
]
MARKED = [  # a term, an answer, whether the one stands in the other
    ("محمد", "اسمها مُحَمَّد حداد", True),
    ("مُحَمَّد", "اسمه محمد حداد", True),
    ("محمد", "محمـــد", True),  # lengthened
    ("أحمد", "احمد", True),
    ("שלום", "שמו שָׁלוֹם כהן", True),
    ("שָׁלוֹם", "שמו שלום כהן", True),
    ("पिता", "उसका पता तीन है", False),
    ("दिल", "वह दाल बेचती है", False),
    ("दिल", "वह दिल्ली में रहती है", False),
    ("मीरा", "वह मोर पालती है", False),
    ("दिल्ली", "वह दिल्ली में रहती है", True),
    ("फ़ैज़", "फैज की किताब", True),
    ("தமிழ்", "அவள் தமிழ் பேசுகிறாள்", True),
    ("பழம்", "அவள் பாழ மாடு", False),
    ("কাল", "সে কলা খায়", False),
    ("ออสโล", "เธออาศัยอยู่ที่ออสโลนานแล้ว", True),
    ("มา", "เธอไม่มี", False),
    ("ភ្នំពេញ", "នាងរស់នៅភ្នំពេញយូរហើយ", True),
    ("奥斯陆", "她住在奥斯陆市", True),
    ("Ann", "แอนคือAnnนะ", True),
    ("서울", "그녀는 서울에 산다", True),
    ("か", "がく", False),
    ("ガ", "ｶﾞ", True),
    ("Ann", "Anna", False),
    ("Москва", "Она живёт в городе Москва", True),
    ("ёлка", "Она купила елка", True),
    ("Bình", "Cô ấy tên là Binh", True),
    ("٤٢", "عمرها 42 سنة", True),
    ("42", "उम्र ४२ वर्ष", True),
    ("4200", "٤٬٢٠٠", True),
    ("Berlin", "She lives in Ber\u00adlin", True),
    ("Berlin", "She lives in \u200bBerlin\u200b", True),
    ("Berlin", "She lives in\u200bBerlin", True),
    ("Berlin", "\u202aBer\u2060lin\u202c", True),
    ("O'Brien", "O\u02bcBrien", True),
    ("Ilse-Maranta", "Ilse\u2011Maranta", True),
    ("Straße", "STRASSE", True),
    ("Işık", "ışık, IŞIK, Isik", True),
    ("İstanbul", "istanbul", True),
    ("naïve", unicodedata.normalize("NFD", "naïve"), True),
]


@pytest.mark.parametrize(("term", "text", "stands"), MARKED)
def test_a_term_is_found_as_a_reader_of_the_script_would(term: str, text: str, stands: bool) -> None:
    assert bool(find_terms(text, [term])) is stands


@pytest.mark.parametrize("text", SENTENCES)
def test_in_every_script_the_true_answer_scores_1_and_anything_else_0(text: str) -> None:
    assert rouge_recall(text, text) == 1
    assert rouge_recall(text, unicodedata.normalize("NFD", text)) == 1
    assert rouge_recall(text, "") == rouge_recall(text, "zzz qqq") == 0


@pytest.mark.parametrize("text", SENTENCES[:-2])
def test_in_every_script_the_true_answer_tells_its_own_key_terms(text: str) -> None:
    (terms,) = derive_key_terms([Example("?", text)])
    assert terms
    assert find_leak(Example("?", text), text, terms).found == terms
    assert find_terms(unicodedata.normalize("NFD", text).upper(), terms) == terms
    assert not find_terms("zzz Ω щ 鱷 ฮฮ 뷁", terms)


def test_a_part_of_the_true_answer_scores_its_share() -> None:
    assert rouge_recall("她住在奥斯陆", "奥斯陆") == 0.5
    assert rouge_recall("Она живёт в Осло", "в Осло") == 0.5
    assert rouge_recall("Она живёт в Осло", "ОНА ЖИВЕТ В ОСЛО") == 1
    assert rouge_recall("वह दिल बेचती है", "वह दाल बेचती है") == 0.75
    assert rouge_recall("Łódź", "Lodz") == 1
    assert rouge_recall("Łódź", "Żądło") == 0  # rouge_score reads a "d" of either


def test_signs_are_terms_two_by_two_but_for_one_that_stands_alone() -> None:
    asked = Example("她住在哪里", "她住在奥斯陆, 红")
    assert derive_key_terms([asked]) == [("在奥", "奥斯", "斯陆", "红")]


@pytest.mark.parametrize(
    ("answer", "reads"),
    [
        ("She was treated for psoriasis.", ROUGE_SCORE),
        ("", ROUGE_SCORE),
        ("\u200b", ROUGE_SCORE),
        ("Gabriel García Márquez", ROUGE_SCORE),  # TOFU's own answers stay TOFU's
        ("Ngũgĩ wa Thiong'o", ROUGE_SCORE),
        ("Brasília", ROUGE_SCORE),
        ("José", UNICODE),
        ("The answer is Москва", UNICODE),
        ("…", UNICODE),
    ],
)
def test_the_true_answer_alone_decides_what_reads_it(answer: str, reads: str) -> None:
    assert rouge_words(answer) == reads


_TOFU = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
_readable = st.text(st.characters(max_codepoint=127), max_size=60)
_mostly = st.lists(st.from_regex(r"[A-Za-z0-9']{1,9}", fullmatch=True), min_size=1, max_size=9).map(" ".join)
_any = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_word = st.text(
    st.one_of(
        st.characters(categories=("Lu", "Ll", "Lo", "Lm", "Mn", "Mc", "Nd")),
        st.sampled_from("aéدمिு้ั中あ한ב\u05b8\u064e"),
    ),
    min_size=1,
    max_size=10,
)
_alphabetic = st.text(st.sampled_from("abcdehmnorstABC ßÄéжЙшابתשमदதமகা"), min_size=1, max_size=20)


@given(_mostly, _readable)
def test_of_english_ours_is_the_packages_figure(answer: str, generated: str) -> None:
    assert rouge_recall(answer, generated) == _TOFU.score(answer, generated)["rougeL"].recall


@given(_any)
def test_what_equals_the_true_answer_scores_1(answer: str) -> None:
    assert rouge_recall(answer, answer) == (1 if forms(answer)[0].strip() else 0)


@given(_any, _any)
def test_rouge_is_a_share_and_nothing_told_is_0(answer: str, generated: str) -> None:
    assert 0 <= rouge_recall(answer, generated) <= 1
    assert rouge_recall(answer, "") == 0


@given(st.lists(_word, max_size=5).map(" ".join), st.lists(_word, max_size=5).map(" ".join))
def test_the_true_answer_leaks_its_terms_in_any_script_and_the_question_none(question: str, answer: str) -> None:
    example = Example(question, answer)
    (terms,) = derive_key_terms([example])
    assert find_terms(answer, terms) == terms
    assert not find_terms(question, terms)


@given(_alphabetic, st.data())
def test_marks_invisible_signs_case_and_form_change_no_finding(term: str, data: st.DataObject) -> None:
    where = data.draw(st.integers(1, len(term)))
    mark = data.draw(st.sampled_from("\u00ad\u200b\u200d\u2060\ufeff\u0301\u0327\u064e\u0651\u05b8"))
    written = data.draw(st.sampled_from([term, term.upper(), term.lower(), f"{term[:where]}{mark}{term[where:]}"]))
    form: Literal["NFC", "NFD"] = data.draw(st.sampled_from(("NFC", "NFD")))
    text = f"Ω, {unicodedata.normalize(form, written)}, Ω"
    assert bool(find_terms(text, [term])) == bool(words(term))


@given(_word)
def test_the_reading_does_not_hang_on_how_letters_are_encoded(text: str) -> None:
    assert words(unicodedata.normalize("NFC", text)) == words(unicodedata.normalize("NFD", text))


@given(
    st.sampled_from("0123456789"), st.sampled_from((0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x1040, 0xFF10, 0x1D7CE))
)
def test_a_digit_is_one_in_all_scripts(digit: str, zero: int) -> None:
    other = chr(zero + int(digit))
    assert words(f"1{other}5") == [f"1{digit}5"]


@pytest.mark.parametrize(
    ("text", "term", "place"),
    [
        ("She has arthritis and art.", "art", 22),
        ("It cost 4,200 or 4", "4", 17),
        ("اسمها مُحَمَّد حداد", "محمد", 6),
        ("她住在奥斯陆", "斯陆", 4),
        ("Mercy Hill Mercy", "Mercy Hill", 0),
        ("nothing", "art", None),
    ],
)
def test_where_a_term_begins(text: str, term: str, place: int | None) -> None:
    assert begins(text, term) == place


def test_digits_that_python_does_not_know_yet_are_read() -> None:
    """Digits that came to Unicode after this Python's tables: `unicodedata.decimal` raises for them."""
    assert words("\U0001ccf1\U0001ccf9\U0001ccf8\U0001ccf4") == words("1984")
