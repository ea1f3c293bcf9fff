"""Currency symbols and codes as they stand beside amounts."""

from __future__ import annotations

# ISO 4217 codes in circulation, without funds and metals.
CODES = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP "
    "CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY "
    "KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND "
    "TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL".split()
)

CENT_SIGN = "¢"
DOLLAR, KRONE = "$", "kr"  # some dollar, some krone: which one, the sign does not say

_SYMBOLS = {
    "$": DOLLAR, "us$": "USD", "usd$": "USD", "$us": "USD", "ca$": "CAD", "c$": "CAD", "cad$": "CAD", "cdn$": "CAD", "$ca": "CAD",
    "a$": "AUD", "au$": "AUD", "aud$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "sg$": "SGD", "mx$": "MXN", "r$": "BRL",
    "nt$": "TWD",
    "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "¥": "JPY", "cn¥": "CNY", "jp¥": "JPY", "₹": "INR", "rs": "INR", "₩": "KRW",
    "₽": "RUB", "₺": "TRY", "tl": "TRY", "₪": "ILS", "฿": "THB", "₫": "VND", "₴": "UAH", "₱": "PHP", "₦": "NGN", "zł": "PLN", "zl": "PLN",
    "kč": "CZK", "ft": "HUF", "kr": KRONE, "fr": "CHF", "sfr": "CHF", "rm": "MYR", "rp": "IDR", "lei": "RON", "ksh": "KES",
    CENT_SIGN: CENT_SIGN,
}  # fmt: skip
# The letters of them, as far as they are in ASCII.
WORDS = frozenset(code.lower() for code in CODES) | {key.strip("$€£¥") for key in _SYMBOLS if key.strip("$€£¥").isascii()}
_DOLLARS = frozenset("USD CAD AUD NZD HKD SGD MXN TWD BRL ARS CLP COP JMD TTD BBD BSD BZD FJD XCD".split())
_KRONER = frozenset({"SEK", "NOK", "DKK", "ISK"})


def currency(written: str) -> str | None:
    """The code for a symbol or code beside an amount; `$` and `kr` for themselves; None when it is none."""
    key = written.replace(" ", "").rstrip(".").casefold()
    return _SYMBOLS.get(key) or (key.upper() if key.upper() in CODES else None)


def together(one: str, other: str) -> str | None:
    """The currency of an amount with two marks (`$12.00 CAD`); None when they contradict each other."""
    if one == other:
        return one
    for sign, codes in ((DOLLAR, _DOLLARS), (KRONE, _KRONER)):
        if sign in (one, other):
            code = other if one == sign else one
            return code if code in codes else None
    return None


def agree(one: str, other: str) -> bool:
    """Whether amounts with these marks can be added. A bare `$` stands for US dollars where other dollars are named."""
    return one == other or {one, other} == {DOLLAR, "USD"} or (KRONE in (one, other) and together(one, other) is not None)
