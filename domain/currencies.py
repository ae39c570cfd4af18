"""Currencies of ISO 4217: which there are, and what their smallest amount is."""

from __future__ import annotations

from decimal import Decimal

from domain.errors import Refused

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY
    TTD TWD TZS UAH UGX USD UYI UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
WITHOUT_MINOR_UNIT = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
IN_THOUSANDTHS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


class NotACurrency(Refused):
    """{found} is not a currency: state its three letters of ISO 4217, such as CNY or EUR."""

    about = ("currency",)


def currency_code(text: str) -> str:
    """The code in capitals; refuses what ISO 4217 does not list."""
    code = text.strip().upper()
    if code not in CURRENCIES:
        raise NotACurrency(found=text or "a blank")
    return code


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY, 0.001 for KWD (ISO 4217)."""
    if currency in WITHOUT_MINOR_UNIT:
        return Decimal(1)
    return Decimal("0.001") if currency in IN_THOUSANDTHS else Decimal("0.01")
