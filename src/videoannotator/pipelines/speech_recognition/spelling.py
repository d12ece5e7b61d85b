"""How English words that no dictionary lists are probably spoken: numbers in words, and phones by the letters.

Phones are those of the CMU pronouncing dictionary (ARPAbet without stress). The letter rules are a rough guess, good
enough to place a word in time between known ones.
"""

import re
import unicodedata


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> dict[str, str]:
    """A table out of "key: value" lines or comma-separated pairs."""
    pairs = (pair.split(":") for pair in text.replace("\n", ",").split(",") if pair.strip())
    return {key.strip(): value.strip() for key, value in pairs}


VOWELS = frozenset(_words("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"))
"""The phones that make a syllable."""

_UNITS = _words(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen"""
)
_TENS = _words("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = _pairs("one: first, two: second, three: third, five: fifth, eight: eighth, nine: ninth, twelve: twelfth")
_SIGNS = {"&": ("and",), "%": ("percent",), "$": ("dollars",), "£": ("pounds",), "€": ("euros",), "+": ("plus",), "=": ("equals",)}
_PIECES = re.compile(r"[£$€]?\d[\d,]*(?:\.\d+)?(?:st|nd|rd|th)?%?|[^\W\d_]+(?:'[^\W\d_]+)*'?|[&%$£€+=]")
_NUMBER = re.compile(r"([£$€]?)([\d,]+)(?:\.(\d+))?(st|nd|rd|th)?(%?)")
_LARGEST = 10**12

_LETTER_NAMES = _pairs(
    """a: EY, b: B IY, c: S IY, d: D IY, e: IY, f: EH F, g: JH IY, h: EY CH, i: AY, j: JH EY, k: K EY, l: EH L, m: EH M, n: EH N
    o: OW, p: P IY, q: K Y UW, r: AA R, s: EH S, t: T IY, u: Y UW, v: V IY, w: D AH B AH L Y UW, x: EH K S, y: W AY, z: Z IY"""
)
_GRAPHEMES = _pairs(
    """tion: SH AH N, sion: ZH AH N, ture: CH ER, ough: AO, augh: AO, eigh: EY, igh: AY
    tch: CH, dge: JH, sch: SH, ch: CH, sh: SH, th: TH, ph: F, wh: W, ck: K, ng: NG, qu: K W, gh: G
    ee: IY, ea: IY, oo: UW, ou: AW, ow: OW, oi: OY, oy: OY, ai: EY, ay: EY, au: AO, aw: AO, ie: IY, ei: EY, ey: IY, oa: OW, ue: UW
    ew: UW, er: ER, ir: ER, ur: ER, ar: AA R, or: AO R, ce: S, ci: S IH, cy: S IY, ge: JH
    a: AE, b: B, c: K, d: D, e: EH, f: F, g: G, h: HH, i: IH, j: JH, k: K, l: L, m: M, n: N, o: AA, p: P, q: K, r: R, s: S, t: T
    u: AH, v: V, w: W, x: K S, y: IY, z: Z"""
)
_AT_THE_START = _pairs("kn: N, wr: R, ps: S, gn: N, y: Y, ce: S EH, ge: JH EH, x: Z")
_LONG_VOWELS = _pairs("a: EY, e: IY, i: AY, o: OW, u: UW")
_SILENT_E = re.compile(r"([aeiou])([bcdfgklmnprstvz])e$")
_LONGEST_GRAPHEME = max(map(len, _GRAPHEMES))


def number_words(number: int) -> list[str]:
    """A whole number from 0 up, below a thousand billion, in words: 125 is "one hundred twenty five"."""
    for scale, name in _SCALES:
        if number >= scale:
            rest = number % scale
            return [*number_words(number // scale), name, *(number_words(rest) if rest else ())]
    if number < len(_UNITS):
        return [_UNITS[number]]
    return [_TENS[number // 10], *([_UNITS[number % 10]] if number % 10 else ())]


def _year_words(year: int) -> list[str]:
    """A number from 1100 to 1999 as years are spoken: 1859 is "eighteen fifty nine"."""
    rest = year % 100
    ending = ["hundred"] if rest == 0 else [*(["oh"] if rest < 10 else ()), *number_words(rest)]
    return [*number_words(year // 100), *ending]


def _ordinal_words(number: int) -> list[str]:
    *before, last = number_words(number)
    return [*before, _ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")]


def _spoken_number(piece: str) -> list[str]:
    """A written number with its currency, decimals, ending or percent sign."""
    match = _NUMBER.fullmatch(piece)
    digits = match[2].replace(",", "") if match else ""
    if match is None or not digits or int(digits) >= _LARGEST:
        return [_UNITS[int(digit)] for digit in piece if digit in "0123456789"]
    currency, _, decimals, ending, percent = match.groups()
    number = int(digits)
    if ending:
        words = _ordinal_words(number)
    elif 1100 <= number < 2000 and not (currency or decimals or percent or "," in match[2]):
        words = _year_words(number)
    else:
        words = number_words(number)
    if decimals:
        words += ["point", *(_UNITS[int(digit)] for digit in decimals)]
    return [*words, *_SIGNS.get(currency, ()), *_SIGNS.get(percent, ())]


def spoken_pieces(word: str) -> list[str]:
    """A written word as the lower-case dictionary words that are spoken for it: "well-known" is well, known; "25" is twenty, five.

    Returns an empty list when nothing of it can be spoken.
    """
    pieces: list[str] = []
    plain = "".join(character for character in unicodedata.normalize("NFKD", word) if not unicodedata.combining(character))
    for piece in _PIECES.findall(plain.lower().replace("\u2019", "'")):
        if any(character.isdigit() for character in piece):
            pieces += _spoken_number(piece)
        else:
            pieces += _SIGNS.get(piece, (piece,))
    return pieces


def guessed_phones(word: str) -> str | None:
    """A guess at the phones of a lower-case word from its letters; None when it has no letter from a to z.

    A word without a vowel letter is spelled out.
    """
    letters = "".join(character for character in word if character in _LETTER_NAMES)
    if not letters:
        return None
    if not set(letters) & set("aeiouy"):
        return " ".join(_LETTER_NAMES[letter] for letter in letters)
    if ending := _SILENT_E.search(letters):
        vowel, consonant = ending.groups()
        soft = {"c": "S", "g": "JH"}.get(consonant) or _GRAPHEMES[consonant]
        return " ".join([*_by_graphemes(letters[: -len(ending[0])]), _LONG_VOWELS[vowel], soft])
    return " ".join(_by_graphemes(letters))


def _by_graphemes(letters: str) -> list[str]:
    """Phones of the longest known groups of letters, from left to right; a doubled letter counts once."""
    phones: list[str] = []
    at = 0
    while at < len(letters):
        table = {**_GRAPHEMES, **_AT_THE_START} if at == 0 else _GRAPHEMES
        size = next(size for size in range(_LONGEST_GRAPHEME, 0, -1) if letters[at : at + size] in table)
        grapheme = letters[at : at + size]
        phones += table[grapheme].split()
        at += size
        if size == 1 and letters[at : at + 1] == grapheme:
            at += 1
    return phones
