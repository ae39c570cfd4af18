"""What others usually call our columns and lists, and units written into headers: for drafts, never for reading."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

import msgspec

from api.importing.kinds import KINDS
from api.importing.kinds.row import Kind
from api.importing.values import plain

NUMBERS_OF_CUSTOMERS = (
    "customer no|customer number|customer id|customer code|client no|client id|account no|account number|kd-nr|"
    "kdnr|kunden-nr|kundennr|kundennummer|debitor|debitorennummer"
)
CUSTOMER = (
    f"{NUMBERS_OF_CUSTOMERS}|customer|customer name|client|client name|company|company name|firma|kunde|kundenname"
)
OURS = "sales rep|sales representative|salesperson|account manager|rep|assigned to|verkäufer|zuständig"
DEAL_NO = "deal no|deal id|deal number|opportunity no|opportunity number|opp id|opp no|projektnr|projekt-nr"
FOREIGN: dict[str, dict[str, str]] = {
    "accounts": {
        "external_id": NUMBERS_OF_CUSTOMERS,
        "name": "company|company name|customer name|customer|client|firma|firmenname|kundenname|kunde|organisation",
        "tax_number": "vat number|vat no|vat id|tax id|tax no|ust-id|ust-idnr|steuernummer",
        "address": "street address|billing address|anschrift|adresse",
        "industry": "branche|line of business",
        "territory": "gebiet|sales area|area|vertriebsgebiet",
        "country": "land|country code",
        "currency": "währung|currency code",
        "parent": "parent company|group|konzern|muttergesellschaft",
        "headcount": "number of employees|no of employees|staff|mitarbeiter|mitarbeiterzahl",
        "revenue": "annual turnover|turnover|annual sales|umsatz|jahresumsatz",
        "website": "web|url|homepage|web site|webseite",
        "registered_on": "customer since|kunde seit|angelegt am|created",
    },
    "opportunities": {
        "external_id": DEAL_NO,
        "account": CUSTOMER,
        "title": "deal name|deal|subject|project|projekt|description|bezeichnung",
        "product": "product name|produkt|item",
        "amount": "value|deal value|deal size|volume|expected revenue|betrag|wert|auftragswert",
        "currency": "währung|currency code",
        "owner": f"deal owner|opportunity owner|{OURS}",
        "stage": "phase|status|sales stage|sales phase|verkaufsphase",
        "opened_on": "created|create date|start date|erstellt am",
        "close_on": "expected close date|expected closing|close date|closing date|abschlussdatum|erwarteter abschluss",
        "closed_on": "won on|won date|closed date|actual close date",
        "signed_amount": "contract value|signed value|vertragswert",
    },
    "stakeholders": {
        "external_id": "contact no|contact number|person id|kontaktnr|kontakt-nr",
        "account": CUSTOMER,
        "name": "contact|contact name|contact person|ansprechpartner",
        "title": "position|function|funktion|role",
        "department": "abteilung|dept",
        "reports_to": "manager|supervisor|vorgesetzter",
        "email": "email address|e-mail-adresse",
        "phone": "phone number|telephone|tel|telefon",
        "language": "sprache",
    },
    "members": {
        "external_id": "employee no|employee id|personalnummer",
        "name": "employee|employee name|mitarbeiter",
        "email": "email address|e-mail-adresse",
        "territory": "gebiet|region",
        "manager": "reports to|supervisor|vorgesetzter",
    },
    "purchases": {
        "account": CUSTOMER,
        "document_no": "invoice no|invoice number|order no|order number|rechnungsnr|rechnungsnummer|belegnr|auftragsnr",
        "on": "invoice date|order date|rechnungsdatum|belegdatum|datum",
        "revenue": "amount|net amount|net sales|turnover|umsatz|betrag|nettobetrag",
        "product_line": "product group|product family|produktgruppe|warengruppe",
        "quantity": "qty|pieces|menge|stück",
        "currency": "währung|currency code",
        "margin": "gross profit|gross margin|deckungsbeitrag|rohertrag",
    },
}
"""By kind and column what others call it, the likeliest first."""
LISTS = {
    "accounts": "kunden|kundenliste|kundenstamm|firmen|clients|debitoren",
    "opportunities": "verkaufschancen|pipeline|projekte|sales pipeline",
    "stakeholders": "ansprechpartner|kontakte|people",
    "members": "mitarbeiter|employees|vertrieb",
    "purchases": "rechnungen|umsätze|orders|sales|aufträge",
    "products": "produkte|artikel|items",
    "visits": "besuche|meetings",
}
CURRENCIES = {
    **{code: code for code in "EUR USD CNY GBP CHF JPY HKD SEK NOK DKK PLN CZK CAD AUD INR KRW SGD".split()},
    "RMB": "CNY",
    "€": "EUR",
    "£": "GBP",
}
SCALES = {
    **dict.fromkeys(("k", "thousand", "thousands", "tsd", "千", "千元"), Decimal(1_000)),
    **dict.fromkeys(("万", "万元"), Decimal(10_000)),
    **dict.fromkeys(("mio", "mn", "mln", "million", "millions", "百万元"), Decimal(1_000_000)),
    **dict.fromkeys(("亿", "亿元"), Decimal(100_000_000)),
}
BEFORE_A_CURRENCY = {"t": Decimal(1_000), "k": Decimal(1_000), "m": Decimal(1_000_000)}
WORDS = re.compile(r"[^\W\d_]+|[€£]|\d+")


class Unit(msgspec.Struct, frozen=True):
    """A header without its unit, what its numbers are multiplied by, and their currency."""

    header: str
    times: Decimal | None = None
    currency: str = ""


def unit_of(header: str) -> Unit:
    """The unit that a header states: `Amount (EUR k)`, `Umsatz TEUR`, `金额(万元)`."""
    rest: list[str] = []
    times: Decimal | None = None
    currency = ""
    for word in WORDS.findall(unicodedata.normalize("NFKC", header)):
        scale, code = _scale(word), CURRENCIES.get(word.upper(), "")
        joined = CURRENCIES.get(word[1:].upper(), "") if word[0].casefold() in BEFORE_A_CURRENCY else ""
        ending = next((each for each in ("百万元", "千元", "万元", "亿元") if word.endswith(each) and word != each), "")
        if scale:
            times = scale
        elif code:
            currency = code
        elif joined:
            times, currency = BEFORE_A_CURRENCY[word[0].casefold()], joined
        elif ending:
            times = SCALES[ending]
            rest.append(word.removesuffix(ending))
        else:
            rest.append(word)
    letters = [word for word in rest if word.casefold() in BEFORE_A_CURRENCY] if currency and times is None else []
    if letters:
        times = BEFORE_A_CURRENCY[letters[-1].casefold()]
        rest.remove(letters[-1])
    if times is None and not currency:
        return Unit(header)
    return Unit(" ".join(word for word in rest if word.casefold() != "in"), times, currency)


def _scale(word: str) -> Decimal | None:
    return SCALES.get(word.casefold())


def usual_elsewhere(kind: Kind) -> dict[str, list[str]]:
    """By column of a kind the plain spellings that others use, the likeliest first."""
    return {column: [plain(each) for each in names.split("|")] for column, names in FOREIGN.get(kind.name, {}).items()}


def kind_elsewhere(stem: str) -> Kind | None:
    """The kind of a list by the name that others give it."""
    sought = plain(stem).rstrip("0123456789")
    found = (name for name, names in LISTS.items() if sought in map(plain, names.split("|")))
    return next((KINDS[name] for name in found), None)
