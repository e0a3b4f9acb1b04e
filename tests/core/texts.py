"""Arbitrary text for the tests of `core.text`: what Hypothesis finds, and pieces that mean something to it."""

from hypothesis import strategies as st

#: texts in which there is nothing to remove
PLAIN = (
    "ሰላም፣ እንደምን አለህ? ዛሬ ጠዋት ክሊኒኩ ክፍት ነው።",
    "مرحبًا، كيف حالك؟ مُحَمَّدٌ في العيادة اليوم.",
    "نمی‌خواهم؛ کتاب‌ها را می‌خوانم.",  # Persian: ZWNJ within words
    "नमस्ते, आप कैसे हैं? क्‍ष और क्‌ष, लड़का और लड़की।",
    "শ্রীলংকা র‍্যাব ওয়েবসাইট",
    "សួស្តី! តើអ្នក\u200bសុខសប្បាយ\u200bទេ? ថ្ងៃនេះ។",
    "สวัสดีครับ วันนี้คลินิกเปิดถึงสี่โมงเย็น",
    "你好，今天诊所开门。请在下午四点以前来！",
    "안녕하세요, 오늘은 문을 엽니다.",
    "Đường Nguyễn Huệ, số 5: gọi 1900-1234 (24/7).",
    "ünïcödé ½ × ÷ § ¶ † ‡ • … « » ‹ › € £ ¥ © ® ™ ℃ № → ← ↔ ⇒ ∞ ≠ ✓ ✗ ★ ☆ ♠ ♥ ☎ ☐ ▶",
)

#: pieces of emoji, markup, quotes, shortcodes and white space, whole and broken
PIECES = (
    *"ab1 -.:/\\*_~`[](){}<>|#@!?\n\t\r\0\ud800\u00a0\u200b\u200d\ufe0f\ufe0e\u20e3\u0301\u093f\u1100\u1161\u11a8é中ก",
    *"😀❤©🇪🇹👩🏽♂🏴\U000e0067\U000e007f",
    *(":wave:", ":100:", ":b:", ":thumbsup_tone2:", ":our_logo:", ":nothing:", ":wa", "ve:", "👩‍👩‍👧", "1️⃣", "🇪🇹"),
    *("**", "__", "```", "``", "*bold*", "_it_", "`code`", "[t](https://x.org/a_b)", "![", "](", "https://x.org/a_b_"),
    *("[ ](https://chat.example.org/live/r?msg=m) ", "[ ](x?msg=", "snake_case", "2*3*4", "\n\n", ". ", "។", "// "),
)
CUSTOM = frozenset({"our_logo"})

pieces = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
anything = st.text(st.characters(exclude_categories=()), max_size=200)
texts = pieces | anything | st.builds("".join, st.lists(pieces | anything, max_size=4))
